#include "haproxy/config/template/literal_addresses.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dfp::haproxy::config {
namespace {
using ::testing::HasSubstr;

Result<> check(const std::string& text) {
  auto sections = parse_sections(text);
  if (!sections) return std::unexpected(sections.error());
  for (const auto& section : *sections)
    if (auto ok = check_literal_addresses(section); !ok) return ok;
  return {};
}

class NameThatHaproxyLooksUp : public ::testing::TestWithParam<const char*> {};
TEST_P(NameThatHaproxyLooksUp, IsRefusedWithLineAndWayOut) {
  auto refused = check(GetParam());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::InvalidArgument);
  EXPECT_THAT(refused.error().what, HasSubstr("line 2 ("));
  EXPECT_THAT(refused.error().what, HasSubstr("the name 'app.test"));
  EXPECT_THAT(refused.error().what, HasSubstr("write an IP address"));
}
INSTANTIATE_TEST_SUITE_P(
    Table, NameThatHaproxyLooksUp,
    ::testing::Values("backend b\nserver s 10.0.0.1:80 check addr app.test",
                      "backend b\nserver s app.other:80 agent-check agent-addr app.test",
                      "backend b\nserver s 10.0.0.1:80 socks4 app.test:1080",
                      "backend b\nserver-template s 3 10.0.0.1:80 check addr ipv4@app.test",
                      "backend b\nserver s 10.0.0.1:80 source 0.0.0.0 usesrc app.test",
                      "backend b\ndefault-server addr app.test",
                      "backend b\nhttp-check connect addr app.test port 80",
                      "backend b\ntcp-check connect port 80 addr app.test:80",
                      "frontend f\noption forwardfor except app.test",
                      "frontend f\noption originalto except app.test header X",
                      "resolvers r\nnameserver n app.test:53", "resolvers r\nnameserver n tcp@app.test:53",
                      "backend b\nsource app.test", "frontend f\nlog app.test:514 local0",
                      "backend b\ndispatch app.test:80", "peers p\npeer n app.test:1024",
                      "mailers m\nmailer n app.test:25", "ring r\nserver s app.test:514"));

TEST(LiteralAddresses, AddressesAndServersNamesAndWordsThatLookLikeThemAreFine) {
  auto ok = check(R"(frontend f
  option forwardfor except 10.0.0.0/8
  option originalto except 127.0.0.1
  no option forwardfor
  no log
  log global
  log stdout format raw local0
  log ring@r local0
  log /dev/log local0
backend b
  source 0.0.0.0 usesrc clientip
  default-server inter 2s addr ::1
  server a app.test:80 check addr [::1]:80
  server b 10.0.0.1 check addr 127.1 agent-addr ipv4@10.0.0.2 socks4 10.0.0.3:1080
  server c 10.0.0.1:80 source 10.0.0.2:1024-2048
  http-check connect addr 10.0.0.1 port 80
  http-check send hdr addr app.test
  tcp-check expect string addr app.test
resolvers r
  nameserver n udp@10.0.0.1:53
)");
  EXPECT_TRUE(ok) << ok.error().what;
}

TEST(LiteralAddresses, AclsAreCheckedWithoutLookUps) {
  EXPECT_EQ(without_lookups("  acl a src 10.0.0.1 # x"), "  acl a src -n 10.0.0.1");
  EXPECT_EQ(without_lookups(R"x(  acl a "hdr(x)" -m ip 10.0.0.1)x"),
            R"x(  acl a "hdr(x)" -n -m ip 10.0.0.1)x");
  EXPECT_EQ(without_lookups("  http-request deny if a !{ src 10.0.0.1 } or { path /x }"),
            "  http-request deny if a !{ src -n 10.0.0.1 } or { path -n /x }");
  EXPECT_EQ(without_lookups("  http-request set-header X { unless { src 10.0.0.1 }"),
            "  http-request set-header X { unless { src -n 10.0.0.1 }");
  EXPECT_EQ(without_lookups("  acl a always_true"), "  acl a always_true -n");
  EXPECT_EQ(without_lookups("  balance roundrobin"), "  balance roundrobin");
}

}  // namespace
}  // namespace dfp::haproxy::config
