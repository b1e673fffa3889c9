#include "reconcile/testing/proxy_rig.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;
using testing::definition;
using testing::eventually;
using testing::instance;
using testing::Proxy;
using testing::watched;
using testing::with_proxy;
using testing::with_two_proxies;

/// A driver that takes as long to prepare a service as the test wants.
struct SlowToPrepare {
  SlowToPrepare(Proxy& p, std::string service) : proxy(p) {
    proxy.driver.slow = {service};
    proxy.driver.on_prepare = [this, service](const model::Change& change) -> Task<> {
      if (!change.contains(service)) co_return;
      preparing = true;
      while (!let_through) co_await sleep_for(1ms);
    };
  }
  ~SlowToPrepare() { proxy.driver.on_prepare = nullptr; }
  SlowToPrepare(const SlowToPrepare&) = delete;
  SlowToPrepare& operator=(const SlowToPrepare&) = delete;

  Proxy& proxy;
  bool preparing = false;
  bool let_through = false;
};

TEST(Foreseen, WhatAnotherProxyHasKeptIsPreparedBeforeTheTurn) {
  with_two_proxies([](Proxy& a, Proxy& b, auto& registry) -> Task<> {
    registry.put_instance(instance("slow", "1"));
    registry.put_instance(instance("quick", "2"));
    SlowToPrepare held(b, "slow");
    co_await a.reconciler.reconfigure(definition("slow", "/slow"), "test");
    co_await eventually([&] { return held.preparing; }, "b prepares it");
    auto quick = co_await b.reconciler.reconfigure(definition("quick", "/quick"), "test");
    EXPECT_TRUE(quick) << "nobody waits for that: " << quick.error().what;
    EXPECT_FALSE(b.knows("slow"));
    held.let_through = true;
    co_await eventually([&] { return b.knows("slow"); }, "b serves it");
    EXPECT_EQ(b.driver.unprepared, 0);
  });
}

TEST(Foreseen, WhatTheProxyRefusesThenIsSetAsideWithoutATry) {
  with_two_proxies([](Proxy& a, Proxy& b, auto& registry) -> Task<> {
    registry.put_instance(instance("bad", "1"));
    b.driver.refused = {"bad"};
    co_await a.reconciler.reconfigure(definition("bad", "/bad"), "test");
    co_await eventually([&] { return b.reconciler.set_aside().contains("bad"); }, "b sets it aside");
    EXPECT_EQ(b.driver.applies, 0);
    b.driver.refused = {};
    co_await a.reconciler.reconfigure(definition("bad", "/better"), "test");
    co_await eventually([&] { return b.knows("bad"); }, "the next record is tried");
    EXPECT_TRUE(b.reconciler.set_aside().empty());
  });
}

TEST(Foreseen, WhatIsWatchedIsPreparedBeforeTheTurn) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
    registry.put_instance(instance("slow", "1"));
    registry.put_instance(instance("quick", "2"));
    co_await proxy.reconciler.reconfigure(watched(definition("slow", "/slow")), "test");
    SlowToPrepare held(proxy, "slow");
    registry.put_instance(instance("slow", "3"));
    co_await eventually([&] { return held.preparing; }, "it is prepared");
    auto quick = co_await proxy.reconciler.reconfigure(definition("quick", "/quick"), "test");
    EXPECT_TRUE(quick) << quick.error().what;
    held.let_through = true;
    co_await eventually([&] { return proxy.serving("slow") == 2; }, "it follows");
    EXPECT_EQ(proxy.driver.unprepared, 0);
  });
}

}  // namespace
}  // namespace dfp::reconcile
