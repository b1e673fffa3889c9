#include "haproxy/worker/quoted_secrets.hpp"

#include <gmock/gmock.h>

#include "base/file.hpp"

namespace dfp::haproxy {
namespace {
namespace fs = std::filesystem;
using ::testing::ElementsAre;

class QuotedSecrets : public testing::Test {
 protected:
  QuotedSecrets() {
    char name[] = "/tmp/dfp-quoted-secrets-XXXXXX";
    dir = ::mkdtemp(name);
  }
  ~QuotedSecrets() override { fs::remove_all(dir); }
  fs::path dir;
};

constexpr auto kQuoting =
    "[ALERT]    (12) : config : parsing [/run/haproxy.cfg:7] : failed to parse <nofetch(1)] S3CRET3>";
constexpr auto kOther = "[WARNING]  (12) : Server x/S3CRET3 is DOWN";

TEST_F(QuotedSecrets, AreHiddenWhereHaproxySpeaksOfItsConfiguration) {
  auto config = dir / "haproxy.cfg";
  ASSERT_TRUE(
      file::write_atomic(config, "  http-request set-header Authorization \"%[nofetch(1)] S3CRET3\"\n"));
  EXPECT_THAT(
      without_secrets({kQuoting, kOther}, config),
      ElementsAre(
          "[ALERT]    (12) : config : parsing [/run/haproxy.cfg:7] : failed to parse <nofetch(1)] ********>",
          kOther));
}

TEST_F(QuotedSecrets, NothingIsQuotedFromAFileThatIsGone) {
  EXPECT_THAT(without_secrets({kQuoting}, dir / "haproxy.cfg"),
              ElementsAre("[ALERT]    (12) : config : parsing [/run/haproxy.cfg:7] (not shown)"));
}

}  // namespace
}  // namespace dfp::haproxy
