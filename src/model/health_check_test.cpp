#include "model/health_check.hpp"

#include <gtest/gtest.h>

#include "model/definition.hpp"
#include "model/instance.hpp"

namespace dfp::model {
namespace {
using namespace std::chrono_literals;

Definition checked_at(const std::string& path) {
  Definition d;
  d.check.path = path;
  return d;
}

Instance with_meta(std::map<std::string, std::string> meta) {
  Instance instance;
  instance.meta = std::move(meta);
  return instance;
}

TEST(StatusRange, IsAStatusARangeOrAClass) {
  EXPECT_EQ(parse_status_range("204").value(), (StatusRange{204, 204}));
  EXPECT_EQ(parse_status_range("200-399").value(), (StatusRange{200, 399}));
  EXPECT_EQ(parse_status_range("2xx").value(), (StatusRange{200, 299}));
  for (auto bad :
       {"", "x", "6xx", "0xx", "2x", "20", "99", "600", "399-200", "200-", "-200", "200-300-400", "2xx-3xx"})
    EXPECT_FALSE(parse_status_range(bad)) << bad;
}

TEST(HealthCheck, AcceptsTheStatusesOfTheDefinition) {
  auto definition = checked_at("/health");
  auto by_default = check_of(definition, {});
  EXPECT_TRUE(by_default.accepts(200) && by_default.accepts(399));
  EXPECT_FALSE(by_default.accepts(199) || by_default.accepts(400) || by_default.accepts(500));
  definition.check.status = {"404", "5xx"};
  auto check = check_of(definition, {});
  EXPECT_TRUE(check.accepts(404) && check.accepts(503));
  EXPECT_FALSE(check.accepts(200));
  EXPECT_EQ(check.text(), "GET /health (404,500-599)");
}

TEST(HealthCheck, IsAConnectionUnlessSomebodyKnowsBetter) {
  EXPECT_FALSE(check_of({}, {}).is_http());
  EXPECT_EQ(check_of({}, {}), HealthCheck{});
  EXPECT_EQ(check_of({}, {}).text(), "a connection");
}

TEST(HealthCheck, OfTheRegistryCountsWhereTheDefinitionAsksForNone) {
  auto instance = with_meta({{"check_http", "health"},
                             {"check_http_method", "HEAD"},
                             {"check_interval", "5s"},
                             {"check_timeout", "1s"}});
  auto known = check_of({}, instance);
  EXPECT_EQ(known.path, "/health");
  EXPECT_EQ(known.method, "HEAD");
  EXPECT_EQ(known.interval, 5s);
  EXPECT_EQ(known.timeout, 1s);

  Definition timed;
  timed.check.interval = 200ms;
  EXPECT_EQ(check_of(timed, instance).path, "/health");
  EXPECT_EQ(check_of(timed, instance).interval, 200ms);

  auto own = check_of(checked_at("/mine"), instance);
  EXPECT_EQ(own.path, "/mine");
  EXPECT_EQ(own.method, "GET");
  EXPECT_EQ(own.interval, std::nullopt);

  Definition tcp;
  tcp.check.tcp = true;
  EXPECT_FALSE(check_of(tcp, instance).is_http());
}

TEST(HealthCheck, OfTheRegistryIsIgnoredWhereItCannotBeRead) {
  EXPECT_FALSE(check_of({}, with_meta({{"check_http", "/a b"}})).is_http());
  EXPECT_FALSE(check_of({}, with_meta({{"check_http", "/"}, {"check_http_method", "A\nB"}})).is_http());
  EXPECT_EQ(check_of({}, with_meta({{"check_http", "/"}, {"check_interval", "soon"}})).interval,
            std::nullopt);
  EXPECT_EQ(check_of({}, with_meta({{"check_http", "/"}, {"check_interval", "1ms"}})).interval, 100ms);
  EXPECT_EQ(check_of({}, with_meta({{"check_http", "/"}, {"check_interval", "1m0s"}})).interval, 1min);
  EXPECT_EQ(check_of({}, with_meta({{"check_http", "/"}, {"check_interval", "1h0m0s"}})).interval, 1h);
}

}  // namespace
}  // namespace dfp::model
