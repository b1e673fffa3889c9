#include "haproxy/config/secrets.hpp"

#include <gtest/gtest.h>

namespace dfp::haproxy::config {
namespace {

struct SecretCase {
  const char* name;
  const char* line;
  const char* want;
};
void PrintTo(const SecretCase& c, std::ostream* os) { *os << c.name; }

class Masked : public testing::TestWithParam<SecretCase> {};
TEST_P(Masked, HidesTheSecretAndNothingElse) { EXPECT_EQ(mask_secrets(GetParam().line), GetParam().want); }

INSTANTIATE_TEST_SUITE_P(
    Table, Masked,
    testing::Values(
        SecretCase{"StatsAuth", "  stats auth 'admin:Top Secret'\n", "  stats auth 'admin:********\n"},
        SecretCase{"StatsAuthPlain", "stats auth admin:secret", "stats auth admin:********"},
        SecretCase{"UserInsecure", "  user bob insecure-password s3cret groups a",
                   "  user bob insecure-password ******** groups a"},
        SecretCase{"UserHashed", "  user bob password $5$abc$def", "  user bob password ********"},
        SecretCase{"Header",
                   "http-request set-header Authorization \"Basic Ym9iOnNlY3JldA==\" if { path /a }",
                   "http-request set-header Authorization ******** if { path /a }"},
        SecretCase{"ReplaceHeader", "http-request replace-header Cookie old=(.*) new=\\1",
                   "http-request replace-header Cookie ******** ********"},
        SecretCase{"PlainHeader", "http-request set-header X-Colour blue",
                   "http-request set-header X-Colour blue"},
        SecretCase{"CheckHeader", "http-check send meth GET uri /h hdr Authorization Bearer\\ x hdr Host a",
                   "http-check send meth GET uri /h hdr Authorization ******** hdr Host a"},
        SecretCase{"Redis", "  tcp-check send AUTH\\ hunter2\\r\\n", "  tcp-check send ********"},
        SecretCase{"PlainCheck", "  tcp-check send PING\\r\\n", "  tcp-check send PING\\r\\n"},
        SecretCase{"OldCheck", "option httpchk GET /h HTTP/1.0\\r\\nAuthorization:\\ Basic\\ eA==",
                   "option httpchk ********"},
        SecretCase{"SecretVariable", "  http-request set-var(txn.secret) str(S3) if u",
                   "  http-request set-var(txn.secret) ******** if u"},
        SecretCase{"PlainVariable", "  http-request set-var(txn.colour) str(blue)",
                   "  http-request set-var(txn.colour) str(blue)"},
        SecretCase{"ComparedHeader", "  acl k req.hdr(Authorization) -i -m str 'Bearer S3' other",
                   "  acl k req.hdr(Authorization) -i -m str ******** ********"},
        SecretCase{"ComparedInACondition", "  use_backend b if { cook(token) S3 } { path /a }",
                   "  use_backend b if { cook(token) ******** } { path /a }"},
        SecretCase{"ComparedPlainly", "  acl k req.hdr(X-Colour) blue", "  acl k req.hdr(X-Colour) blue"},
        SecretCase{"CookieKey", "  dynamic-cookie-key S3", "  dynamic-cookie-key ********"},
        SecretCase{"Variable", "  setenv DB_PASS 'a b'", "  setenv DB_PASS ********"},
        SecretCase{"Assignment", "  http-request return string user=a&password=b",
                   "  http-request return string user=a&password=********"},
        SecretCase{"MessageAboutALine", "line 3 (user bob insecure-password s3cret): refused",
                   "line 3 (user bob insecure-password ******** refused"},
        SecretCase{"Ordinary", "backend go-demo\n  server a 10.0.0.1:80 check\n\n# stats auth a:b\n",
                   "backend go-demo\n  server a 10.0.0.1:80 check\n\n# stats auth a:b\n"}),
    [](const auto& test) { return test.param.name; });

TEST(MaskedQuotation, HidesWhatAMessageRepeatsOfASecret) {
  constexpr auto kConfig =
      "backend x\n  http-request set-header Authorization \"Bearer %[nofetch(1)] S3CRET3\"\n";
  EXPECT_EQ(
      mask_quotations("failed to parse sample expression <nofetch(1)] S3CRET3> : unknown fetch", kConfig),
      "failed to parse sample expression <nofetch(1)] ********> : unknown fetch");
  EXPECT_EQ(mask_quotations("unknown keyword 'backend'", kConfig), "unknown keyword 'backend'");
}

}  // namespace
}  // namespace dfp::haproxy::config
