#include "haproxy/worker/hand_over_key.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.hpp"

namespace dfp::haproxy {
namespace {
namespace fs = std::filesystem;

class HandOverKey : public testing::Test {
 protected:
  HandOverKey() {
    char name[] = "/tmp/dfp-hand-over-XXXXXX";
    dir = ::mkdtemp(name);
  }
  ~HandOverKey() override { fs::remove_all(dir); }
  fs::path dir;
};

TEST_F(HandOverKey, IsTheSameForAllControlPlanesOfAHaproxy) {
  auto first = load_hand_over(dir);
  EXPECT_EQ(load_hand_over(dir), first);
  EXPECT_EQ(first.secret.size(), 32U);
}

TEST_F(HandOverKey, IsAnotherOneForEachHaproxy) {
  auto first = load_hand_over(dir);
  auto second = new_hand_over();
  keep_hand_over(dir, second);
  EXPECT_NE(second.socket, first.socket);
  EXPECT_NE(second.secret, first.secret);
  EXPECT_EQ(load_hand_over(dir), second);
}

TEST_F(HandOverKey, NobodyElseCanReadIt) {
  load_hand_over(dir);
  struct stat status{};
  ASSERT_EQ(::stat((dir / "hand-over").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(HandOverKey, ADamagedFileIsReplaced) {
  for (const char* text : {"", "dfp-\n", "dfp-0123456789abcdef\n", "dfp-0123456789abcdef accepted\n",
                           "dfp-0123456789abcdef x y\n", "x"}) {
    ASSERT_TRUE(file::write_atomic(dir / "hand-over", text));
    EXPECT_EQ(load_hand_over(dir).secret.size(), 32U) << text;
    EXPECT_EQ(load_hand_over(dir), load_hand_over(dir)) << text;
  }
}

}  // namespace
}  // namespace dfp::haproxy
