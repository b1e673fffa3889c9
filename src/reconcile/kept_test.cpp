#include <fmt/format.h>
#include <gmock/gmock.h>

#include "metrics/metrics.hpp"
#include "reconcile/testing/proxy_rig.hpp"

/// A registry that loses services while the proxy runs.
namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;
using testing::definition;
using testing::eventually;
using testing::FakeRegistry;
using ::testing::HasSubstr;
using testing::instance;
using testing::Proxy;
using testing::with_proxy;
using testing::with_two_proxies;

Task<> serve(Proxy& proxy, FakeRegistry& registry, int services) {
  for (int i = 0; i < services; ++i) {
    auto name = fmt::format("s{}", i);
    registry.put_instance(instance(name, name));
    auto done = co_await proxy.reconciler.reconfigure(definition(name, "/" + name), "test");
    EXPECT_TRUE(done);
  }
}

void lose(FakeRegistry& registry, std::initializer_list<int> services) {
  for (int i : services)
    for (auto key : {"color", "path", "domain", "pathtype", "skipcheck", "consultemplatepath", "definition"})
      registry.erase(fmt::format("docker-flow/s{}/{}", i, key));
}

std::string metrics() { return metrics::process_registry().render(); }

TEST(Kept, ALossIsServedOnAndReported) {
  with_proxy([](Proxy& proxy, FakeRegistry& registry) -> Task<> {
    co_await serve(proxy, registry, 4);
    lose(registry, {0, 1, 2});
    co_await eventually([&] { return proxy.reconciler.kept().size() == 3; }, "the loss is reported");
    EXPECT_EQ(proxy.driver.applied().services.size(), 4);
    EXPECT_THAT(metrics(), HasSubstr("dfp_registry_held_services 3\n"));
    EXPECT_THAT(proxy.reconciler.kept().at("s0"), HasSubstr("lost by the registry"));

    auto removed = co_await proxy.reconciler.remove("s0", "test");
    EXPECT_TRUE(removed);
    EXPECT_FALSE(proxy.knows("s0")) << "an order";
    auto ordered = co_await proxy.reconciler.reconfigure(definition("s1", "/s1"), "test");
    EXPECT_TRUE(ordered);
    EXPECT_EQ(proxy.reconciler.kept().size(), 1);
    EXPECT_THAT(metrics(), HasSubstr("dfp_registry_held_services 1\n"));
  });
}

TEST(Kept, ALossEndsWhenItWasHeldLongEnough) {
  testing::ProxyOptions options;
  options.shrink_hold = 1s;
  with_proxy(options, [](Proxy& proxy, FakeRegistry& registry) -> Task<> {
    co_await serve(proxy, registry, 4);
    lose(registry, {0, 1, 2});
    co_await eventually([&] { return proxy.reconciler.kept().size() == 3; }, "the loss is reported");
    co_await eventually([&] { return proxy.driver.applied().services.size() == 1; }, "the hold ends");
    EXPECT_TRUE(proxy.reconciler.kept().empty());
  });
}

TEST(Kept, RemovalsThroughAnotherProxyAreFollowedHoweverManyThatAre) {
  with_two_proxies([](Proxy& a, Proxy& b, FakeRegistry& registry) -> Task<> {
    co_await serve(a, registry, 4);
    co_await eventually([&] { return b.driver.applied().services.size() == 4; }, "b serves them");
    registry.fail_next(1, {Errc::Unavailable, "connection refused"}, registry::testing::Call::Wait);
    for (auto* name : {"s0", "s1", "s2"}) co_await a.reconciler.remove(name, "test");
    co_await eventually([&] { return b.driver.applied().services.size() == 1; }, "b drops them");
    EXPECT_TRUE(b.reconciler.kept().empty());
  });
}

TEST(Kept, ASingleServiceWhoseKeysAreDeletedGoes) {
  with_proxy([](Proxy& proxy, FakeRegistry& registry) -> Task<> {
    co_await serve(proxy, registry, 4);
    lose(registry, {2});
    co_await eventually([&] { return !proxy.knows("s2"); }, "it is gone");
    EXPECT_TRUE(proxy.reconciler.kept().empty());
  });
}

TEST(Kept, WhatTheRegistryHasAgainIsServedAsItSays) {
  with_proxy([](Proxy& proxy, FakeRegistry& registry) -> Task<> {
    co_await serve(proxy, registry, 3);
    std::map<std::string, std::string> saved;
    for (auto* key : {"s0/definition", "s0/path", "s1/definition", "s1/path"})
      saved[key] = *registry.value(std::string("docker-flow/") + key);
    lose(registry, {0, 1});
    co_await eventually([&] { return proxy.reconciler.kept().size() == 2; }, "the loss is reported");
    for (const auto& [key, value] : saved) registry.set("docker-flow/" + key, value);
    co_await eventually([&] { return proxy.reconciler.kept().empty(); }, "nothing is held any more");
    EXPECT_EQ(proxy.driver.applied().services.size(), 3);
  });
}

}  // namespace
}  // namespace dfp::reconcile
