#include "docker/registrator/check.hpp"

#include <gmock/gmock.h>

namespace dfp::docker::registrator {
namespace {
using namespace std::chrono_literals;
using registry::Check;
using Variables = std::vector<std::string>;

const CheckedPlace kPlace{"10.0.0.9", 1000, "0123456789abcdef"};

Result<std::optional<Check>> read(const Variables& env, const CheckedPlace& place = kPlace) {
  Container container;
  container.env = env;
  return read_check(Metadata(container, 80), place);
}

struct CheckCase {
  const char* name;
  Variables env;
  Check want;
};
void PrintTo(const CheckCase& c, std::ostream* os) { *os << c.name; }
class Checks : public testing::TestWithParam<CheckCase> {};
TEST_P(Checks, AreReadFromVariables) {
  auto check = read(GetParam().env);
  ASSERT_TRUE(check) << check.error().what;
  ASSERT_TRUE(check->has_value());
  EXPECT_EQ(**check, GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(
    Table, Checks,
    testing::Values(
        CheckCase{"Http",
                  {"SERVICE_CHECK_HTTP=/health"},
                  {.kind = Check::Kind::Http, .target = "http://10.0.0.9:1000/health"}},
        CheckCase{"HttpWithoutASlash",
                  {"SERVICE_CHECK_HTTP=health"},
                  {.kind = Check::Kind::Http, .target = "http://10.0.0.9:1000/health"}},
        CheckCase{
            "HttpMethodAndTimes",
            {"SERVICE_80_CHECK_HTTP=/", "SERVICE_CHECK_HTTP_METHOD=HEAD", "SERVICE_CHECK_INTERVAL=1m30s",
             "SERVICE_CHECK_TIMEOUT=500ms", "SERVICE_CHECK_DEREGISTER_AFTER=1h"},
            {.kind = Check::Kind::Http,
             .target = "http://10.0.0.9:1000/",
             .method = "HEAD",
             .interval = 90s,
             .timeout = 500ms,
             .deregister_after = 1h}},
        CheckCase{"Https",
                  {"SERVICE_CHECK_HTTPS=/h", "SERVICE_CHECK_TLS_SKIP_VERIFY=true"},
                  {.kind = Check::Kind::Http, .target = "https://10.0.0.9:1000/h", .skip_verify = true}},
        CheckCase{"HttpComesBeforeTcp",
                  {"SERVICE_CHECK_TCP=true", "SERVICE_CHECK_HTTP=/"},
                  {.kind = Check::Kind::Http, .target = "http://10.0.0.9:1000/"}},
        CheckCase{
            "Command",
            {"SERVICE_CHECK_CMD=/bin/ok --now"},
            {.kind = Check::Kind::InContainer, .target = "/bin/ok --now", .container = "0123456789abcdef"}},
        CheckCase{"Script",
                  {"SERVICE_CHECK_SCRIPT=nc $SERVICE_IP $SERVICE_PORT | grep $SERVICE_IP"},
                  {.kind = Check::Kind::Shell, .target = "nc 10.0.0.9 1000 | grep 10.0.0.9"}},
        CheckCase{"Ttl",
                  {"SERVICE_CHECK_TTL=30s", "SERVICE_CHECK_INITIAL_STATUS=passing"},
                  {.kind = Check::Kind::Ttl, .interval = 30s, .initial = model::Health::Passing}},
        CheckCase{"Tcp", {"SERVICE_CHECK_TCP=true"}, {.kind = Check::Kind::Tcp, .target = "10.0.0.9:1000"}},
        CheckCase{"Grpc",
                  {"SERVICE_CHECK_GRPC=true", "SERVICE_CHECK_GRPC_USE_TLS=true"},
                  {.kind = Check::Kind::Grpc, .target = "10.0.0.9:1000", .tls = true}}),
    [](const auto& test) { return test.param.name; });

TEST(CheckVariables, NoneIsNoCheck) {
  auto check = read({"SERVICE_CHECK_INTERVAL=5s", "SERVICE_81_CHECK_HTTP=/"});
  ASSERT_TRUE(check);
  EXPECT_FALSE(check->has_value());
}

TEST(CheckVariables, AnIpv6AddressIsInBrackets) {
  auto check = read({"SERVICE_CHECK_TCP=1"}, {"fd00::1", 80, ""});
  EXPECT_EQ((*check)->target, "[fd00::1]:80");
}

TEST(CheckVariables, WhatCannotBeReadIsNamed) {
  for (auto bad : {"SERVICE_CHECK_INTERVAL=soon", "SERVICE_CHECK_TIMEOUT=1s2", "SERVICE_CHECK_TIMEOUT=-1s",
                   "SERVICE_CHECK_DEREGISTER_AFTER=s", "SERVICE_CHECK_INITIAL_STATUS=good"}) {
    auto check = read({"SERVICE_CHECK_TCP=1", bad});
    if (std::string_view(bad).ends_with("1s2")) {
      EXPECT_TRUE(check) << bad;  // a number alone is seconds
      continue;
    }
    ASSERT_FALSE(check) << bad;
    EXPECT_EQ(check.error().code, Errc::InvalidArgument);
    EXPECT_THAT(check.error().what, testing::StartsWith("SERVICE_CHECK_"));
  }
}

}  // namespace
}  // namespace dfp::docker::registrator
