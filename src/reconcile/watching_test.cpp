#include "reconcile/testing/proxy_rig.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;
using registry::testing::Call;
using testing::definition;
using testing::eventually;
using testing::instance;
using testing::Proxy;
using testing::templated;
using testing::watched;
using testing::with_proxy;
using testing::with_registry;
using testing::with_two_proxies;

TEST(Reconciler, AWatchedServiceFollowsItsInstancesButNotToNothing) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
    registry.put_instance(instance("go-demo", "1"));
    registry.put_instance(instance("pinned", "2", 8082));
    co_await proxy.reconciler.reconfigure(watched(definition("go-demo")), "test");
    co_await proxy.reconciler.reconfigure(definition("pinned", "/pinned"), "test");
    registry.put_instance(instance("go-demo", "3"));
    registry.put_instance(instance("pinned", "4", 8084));
    co_await eventually([&] { return proxy.serving("go-demo") == 2; }, "the new instance is served");
    EXPECT_EQ(proxy.serving("pinned"), 1);
    auto kept = co_await proxy.store.load(Deadline::after(1s));
    EXPECT_EQ(kept->services.at("go-demo").service.instances.size(), 2);
    EXPECT_EQ(kept->services.at("go-demo").service.changed_by, "test");
    registry.drop_instance("node-1", "1");
    co_await eventually([&] { return proxy.serving("go-demo") == 1; }, "the old instance is gone");
    registry.drop_instance("node-1", "3");
    co_await eventually([&] { return proxy.reconciler.watch_problems().contains("go-demo"); },
                        "the problem is shown");
    EXPECT_EQ(proxy.serving("go-demo"), 1);
    registry.put_instance(instance("go-demo", "5", 9090));
    co_await eventually([&] { return proxy.reconciler.watch_problems().empty(); }, "it follows again");
    EXPECT_EQ(proxy.driver.applied().services.at("go-demo").instances.at(0).port, 9090);
    co_await proxy.reconciler.remove("go-demo", "test");
    EXPECT_FALSE(proxy.knows("go-demo"));
  });
}

TEST(Reconciler, WatchesAreTakenUpAfterARestart) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    {
      Proxy first(executor, registry);
      co_await first.start();
      registry.put_instance(instance("go-demo", "1"));
      co_await first.reconciler.reconfigure(watched(definition("go-demo")), "test");
      co_await first.reconciler.stop();
    }
    Proxy second(executor, registry);
    co_await second.start();
    registry.put_instance(instance("go-demo", "2"));
    co_await eventually([&] { return second.serving("go-demo") == 2; }, "the new instance is served");
    co_await second.reconciler.stop();
  });
}

TEST(Reconciler, ProxiesThatWatchTheSameServiceDoNotFight) {
  with_two_proxies([](Proxy& a, Proxy& b, auto& registry) -> Task<> {
    b.renderer.result = "backend other-environment\n";
    co_await a.reconciler.reconfigure(watched(templated("x")), "test");
    co_await a.reconciler.reconfigure(watched(definition("go-demo")), "test");
    registry.put_instance(instance("go-demo", "1"));
    co_await eventually([&] { return a.serving("go-demo") == 1 && b.serving("go-demo") == 1; },
                        "both follow");
    co_await sleep_for(1500ms);
    auto writes = registry.calls(Call::Transact);
    EXPECT_LE(writes, 5);
    co_await sleep_for(1500ms);
    EXPECT_EQ(registry.calls(Call::Transact), writes) << "they write over each other's records";
    EXPECT_EQ(a.driver.applied(), b.driver.applied());
  });
}

std::string numbered(int n) { return "w" + std::to_string(n); }

TEST(Reconciler, WatchedServicesThatChangeTogetherAreOneChange) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
    constexpr int kServices = 6;
    for (int n = 0; n < kServices; ++n) {
      registry.put_instance(instance(numbered(n), numbered(n) + "-1"));
      co_await proxy.reconciler.reconfigure(watched(definition(numbered(n), "/" + numbered(n))), "test");
    }
    auto all_have = [&](std::size_t instances) {
      for (int n = 0; n < kServices; ++n)
        if (proxy.serving(numbered(n)) != instances) return false;
      return true;
    };
    auto before = proxy.driver.applies;
    for (int n = 0; n < kServices; ++n) registry.put_instance(instance(numbered(n), numbered(n) + "-2"));
    co_await eventually([&] { return all_have(2); }, "all follow");
    EXPECT_LE(proxy.driver.applies - before, 2) << "each service was a change of its own";

    proxy.driver.refused = {numbered(3)};  // must not keep the others from following
    for (int n = 0; n < kServices; ++n) registry.put_instance(instance(numbered(n), numbered(n) + "-3"));
    co_await eventually([&] { return proxy.serving(numbered(0)) == 3 && proxy.serving(numbered(5)) == 3; },
                        "the others follow");
    EXPECT_EQ(proxy.serving(numbered(3)), 2);
    co_await eventually([&] { return proxy.reconciler.watch_problems().contains(numbered(3)); },
                        "it is said");
  });
}

}  // namespace
}  // namespace dfp::reconcile
