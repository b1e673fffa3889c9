#include <gmock/gmock.h>

#include "reconcile/testing/proxy_rig.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;
using registry::testing::Call;
using testing::definition;
using testing::eventually;
using testing::instance;
using testing::Proxy;
using testing::with_proxy;
using testing::with_registry;

ReconfigureOptions healthy_within(std::chrono::milliseconds span) { return {.healthy_within = span}; }

TEST(HealthGate, AnInstanceThatStaysSickIsRefusedAndNothingChanges) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
    registry.put_instance(instance("go-demo", "1"));
    registry.put_instance(instance("go-demo", "2"));
    proxy.driver.sick = {"2"};
    auto refused =
        co_await proxy.reconciler.reconfigure(definition("go-demo"), "test", healthy_within(250ms));
    EXPECT_EQ(refused.error().code, Errc::Conflict);
    EXPECT_THAT(refused.error().what, ::testing::HasSubstr("instance 2 of go-demo"));
    EXPECT_FALSE(proxy.knows("go-demo"));
    EXPECT_EQ(proxy.driver.applies, 0);
    EXPECT_GT(proxy.driver.checks, 2) << "it was tried again";
  });
}

TEST(HealthGate, WaitsForHealthWhileOtherRequestsGoOn) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy proxy(executor, registry);
    co_await proxy.start();
    registry.put_instance(instance("slow", "1"));
    registry.put_instance(instance("go-demo", "2"));
    proxy.driver.sick = {"1"};
    Result<Outcome> slow = fail(Errc::Internal, "not done");
    auto ask = [](Reconciler* reconciler, Result<Outcome>* into) -> Task<> {
      auto done = co_await reconciler->reconfigure(definition("slow", "/slow"), "test", healthy_within(10s));
      *into = std::move(done);
    };
    spawn(executor, ask(&proxy.reconciler, &slow), "test");
    co_await eventually([&] { return proxy.driver.checks > 0; }, "the first check");
    auto other = co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    EXPECT_TRUE(other);
    EXPECT_FALSE(proxy.knows("slow"));
    proxy.driver.sick.clear();
    co_await eventually([&] { return slow.has_value(); }, "the request of the slow service");
    EXPECT_EQ(proxy.serving("slow"), 1);
    co_await proxy.reconciler.stop();
  });
}

TEST(HealthGate, ChecksOnlyInstancesThatDoNotServeYet) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
    registry.put_instance(instance("go-demo", "1"));
    co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    proxy.driver.sick = {"1"};  // HAProxy has taken it out of use itself
    registry.put_instance(instance("go-demo", "2"));
    auto scaled = co_await proxy.reconciler.reconfigure(definition("go-demo"), "test", healthy_within(5s));
    EXPECT_TRUE(scaled) << scaled.error().what;
    EXPECT_EQ(proxy.driver.checks, 1);
    EXPECT_EQ(proxy.serving("go-demo"), 2);
  });
}

TEST(HealthGate, ChecksAsTheDefinitionSays) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
    registry.put_instance(instance("go-demo", "1"));
    auto wanted = definition("go-demo");
    wanted.check.path = "/health";
    wanted.check.status = {"2xx"};
    wanted.check.rise = 3;
    auto done = co_await proxy.reconciler.reconfigure(wanted, "test", healthy_within(10s));
    EXPECT_TRUE(done) << done.error().what;
    EXPECT_EQ(proxy.driver.last_check.text(), "GET /health (200-299)");
    EXPECT_EQ(proxy.driver.checks, 3) << "as many good ones as checkRise says";
  });
}

TEST(HealthGate, WantsItsGoodChecksInARow) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
    registry.put_instance(instance("go-demo", "1"));
    auto wanted = definition("go-demo");
    wanted.check.path = "/health";
    wanted.check.rise = 3;
    proxy.driver.flaky = 2;
    auto refused = co_await proxy.reconciler.reconfigure(wanted, "test", healthy_within(500ms));
    EXPECT_EQ(refused.error().code, Errc::Conflict);
    EXPECT_FALSE(proxy.knows("go-demo"));
  });
}

TEST(HealthGate, WithoutAnyInstanceThereIsNothingHealthy) {
  with_proxy([](Proxy& proxy, auto&) -> Task<> {
    auto refused =
        co_await proxy.reconciler.reconfigure(definition("go-demo"), "test", healthy_within(150ms));
    EXPECT_EQ(refused.error().code, Errc::Conflict);
    EXPECT_FALSE(proxy.knows("go-demo"));
  });
}

TEST(Health, FollowsTheRegistryWithoutAnotherRequest) {
  with_proxy({.follow_health = true}, [](Proxy& proxy, auto& registry) -> Task<> {
    registry.put_instance(instance("go-demo", "1"));
    registry.put_instance(instance("go-demo", "2"));
    co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    auto health_of = [&](std::size_t n) {
      return proxy.driver.applied().services.at("go-demo").instances.at(n).health;
    };
    auto sick = instance("go-demo", "2");
    sick.health = model::Health::Critical;
    registry.put_instance(sick);
    co_await eventually([&] { return health_of(1) == model::Health::Critical; },
                        "the sick instance is known");
    EXPECT_EQ(health_of(0), model::Health::Passing);
    EXPECT_EQ(registry.calls(Call::Transact), 1) << "health is not stored";
    registry.put_instance(instance("go-demo", "2"));
    co_await eventually([&] { return health_of(1) == model::Health::Passing; }, "it is well again");
    registry.put_instance(instance("go-demo", "3"));
    co_await sleep_for(300ms);
    EXPECT_EQ(proxy.serving("go-demo"), 2) << "the pins stay";
  });
}

}  // namespace
}  // namespace dfp::reconcile
