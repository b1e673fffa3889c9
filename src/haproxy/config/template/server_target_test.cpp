#include "haproxy/config/template/server_target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dfp::haproxy::config {
namespace {
using ::testing::HasSubstr;

struct TargetCase {
  const char* name;
  const char* text;
  Target want;
};
void PrintTo(const TargetCase& c, std::ostream* out) { *out << c.name; }

class TargetText : public ::testing::TestWithParam<TargetCase> {};
TEST_P(TargetText, IsReadAsHaproxyReadsIt) {
  auto got = parse_target(GetParam().text);
  EXPECT_EQ(got.host, GetParam().want.host);
  EXPECT_EQ(got.port, GetParam().want.port);
}
INSTANTIATE_TEST_SUITE_P(Table, TargetText,
                         ::testing::Values(TargetCase{"Address", "10.0.0.1:80", {"10.0.0.1", 80}},
                                           TargetCase{"Family", "ipv4@10.0.0.1:80", {"10.0.0.1", 80}},
                                           TargetCase{"Six", "[::1]:80", {"::1", 80}},
                                           TargetCase{"BareSix", "::1:80", {"::1", 80}},
                                           TargetCase{"SixWithoutPort", "[0::1]", {"::1", {}}},
                                           TargetCase{"NoPort", "10.0.0.1", {"10.0.0.1", {}}},
                                           TargetCase{"Offset", "10.0.0.1:+80", {"10.0.0.1", {}}},
                                           TargetCase{"Zeros", "10.0.0.1:080", {"10.0.0.1", 80}},
                                           TargetCase{"Any", ":80", {"", 80}},
                                           TargetCase{"Star", "*:80", {"", 80}},
                                           TargetCase{"OldStyle", "127.1:80", {"127.0.0.1", 80}},
                                           TargetCase{"Hexadecimal", "0x7f000001:80", {"127.0.0.1", 80}},
                                           TargetCase{"Name", "LocalHost.:80", {"localhost", 80}}),
                         [](const auto& test) { return test.param.name; });

/// The API at 127.0.0.1:8088.
bool is_own_api(const std::string& host, std::optional<std::uint16_t> port) {
  return (host == "127.0.0.1" || host == "localhost") && port.value_or(8088) == 8088;
}

Result<> check(const std::string& lines) {
  auto sections = parse_sections("backend b\n" + lines);
  if (!sections) return std::unexpected(sections.error());
  return check_targets(sections->front(), is_own_api);
}

struct ApiCase {
  const char* name;
  const char* lines;
  std::size_t line;
};
void PrintTo(const ApiCase& c, std::ostream* out) { *out << c.name; }

class OwnApiTarget : public ::testing::TestWithParam<ApiCase> {};
TEST_P(OwnApiTarget, IsRefusedWithTheLine) {
  auto refused = check(GetParam().lines);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::InvalidArgument);
  EXPECT_THAT(refused.error().what, HasSubstr("line " + std::to_string(GetParam().line) + " ("));
  EXPECT_THAT(refused.error().what, HasSubstr("this proxy's own API"));
}
INSTANTIATE_TEST_SUITE_P(
    Table, OwnApiTarget,
    ::testing::Values(
        ApiCase{"Server", "server a 10.0.0.1:80\nserver s 127.0.0.1:8088", 3},
        ApiCase{"ServerTemplate", "server-template s 3 localhost:8088", 2},
        ApiCase{"OldStyle", "server s 127.1:8088", 2}, ApiCase{"Name", "server s LOCALHOST.:8088", 2},
        ApiCase{"WithoutPort", "server s 127.0.0.1", 2}, ApiCase{"Offset", "server s 127.0.0.1:+8000", 2},
        ApiCase{"InitialAddress", "server s nobody.test:8088 init-addr last,127.0.0.1", 2},
        ApiCase{"DefaultInitialAddress", "default-server init-addr 127.0.0.1\nserver s nobody.test:8088", 3},
        ApiCase{"CheckAddress", "server s 10.0.0.1:8088 check addr 127.0.0.1", 2},
        ApiCase{"CheckAddressAndPort", "server s 10.0.0.1:80 check addr 127.0.0.1 port 8088", 2},
        ApiCase{"CheckPort", "server s 127.0.0.1:80 check port 8088", 2},
        ApiCase{"AgentPort", "server s 127.0.0.1:80 agent-check agent-port 8088", 2},
        ApiCase{"DefaultCheckAddress", "default-server addr 127.0.0.1\nserver s 10.0.0.1:8088 check", 3},
        ApiCase{"DefaultCheckPort", "server s 127.0.0.1:80 check\ndefault-server port 8088", 2},
        ApiCase{"HttpCheck", "http-check connect addr 127.0.0.1 port 8088", 2},
        ApiCase{"HttpCheckPort", "http-check connect port 8088\nserver s 127.0.0.1:80 check", 3},
        ApiCase{"HttpCheckComputedPort", "http-check connect port int(8088)\nserver s 127.0.0.1:80", 3},
        ApiCase{"TcpCheck", "tcp-check connect addr 127.0.0.1:8088", 2},
        ApiCase{"Socks", "server s 10.0.0.1:80 socks4 127.0.0.1:8088", 2}),
    [](const auto& test) { return test.param.name; });

TEST(Targets, OtherPortsOfOursAndTheSamePortOfOthersAreFree) {
  auto ok = check(
      "default-server inter 2s port 9000\nserver a 127.0.0.1:9000 check\nserver b 10.0.0.1:8088 check\n"
      "server c app.test:8088 init-addr last,libc,none\nhttp-check connect port 80 addr 10.0.0.3\n");
  EXPECT_TRUE(ok) << ok.error().what;
}

}  // namespace
}  // namespace dfp::haproxy::config
