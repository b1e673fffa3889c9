#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "reconcile/testing/proxy_rig.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;
using ::testing::Contains;
using testing::definition;
using testing::eventually;
using testing::instance;
using ::testing::Not;
using testing::Proxy;
using testing::templated;
using testing::with_proxy;
using testing::with_registry;
using testing::with_two_proxies;

TEST(Reconciler, TwoProxiesConverge) {
  with_two_proxies([](Proxy& a, Proxy& b, auto& registry) -> Task<> {
    registry.put_instance(instance("go-demo", "1"));
    co_await a.reconciler.reconfigure(definition("go-demo"), "test");
    co_await eventually([&] { return b.serving("go-demo") == 1; }, "b serves what a accepted");
    // b changes what a wrote, at once.
    registry.put_instance(instance("go-demo", "2"));
    auto by_b = co_await b.reconciler.reconfigure(definition("go-demo", "/new"), "test");
    EXPECT_TRUE(by_b) << by_b.error().what;
    co_await eventually([&] { return a.serving("go-demo") == 2; }, "a serves what b accepted");
    co_await b.reconciler.remove("go-demo", "test");
    co_await eventually([&] { return !a.knows("go-demo"); }, "a drops what b removed");
  });
}

TEST(Reconciler, AChangeByAnotherProxyIsNotOverwrittenBlindly) {
  with_two_proxies([](Proxy& a, Proxy& b, auto& registry) -> Task<> {
    registry.put_instance(instance("x", "1"));
    auto from_a = co_await a.reconciler.reconfigure(definition("x", "/a"), "test");
    auto from_b = co_await b.reconciler.reconfigure(definition("x", "/b"), "test");
    EXPECT_TRUE(from_a);
    EXPECT_TRUE(from_b) << from_b.error().what;
    EXPECT_EQ(from_b->service.revision, 2);
    co_await eventually([&] { return a.driver.applied().services.at("x").definition.paths[0] == "/b"; },
                        "a has /b");
  });
}

/// What the proxy serves of x after each of its changes: a path, or "-".
void record(Proxy& proxy, std::vector<std::string>* history) {
  proxy.driver.on_apply = [history](const model::Change& change) -> Task<> {
    if (auto x = change.find("x"); x != change.end())
      history->push_back(x->second ? x->second->definition.paths[0] : "-");
    co_return;
  };
}

/// Two proxies are given a definition each at the same moment. @return what each served of x meanwhile.
Task<std::array<std::vector<std::string>, 2>> order_at_once(Executor executor,
                                                            registry::testing::FakeRegistry* registry,
                                                            std::array<Proxy*, 2> proxies,
                                                            std::array<model::Definition, 2> wanted) {
  std::array<std::vector<std::string>, 2> served;
  for (int i : {0, 1}) record(*proxies[i], &served[i]);
  registry->delay_calls(2ms);  // both read before either writes
  int done = 0;
  auto order = [&done](Proxy* proxy, model::Definition definition) -> Task<> {
    auto outcome = co_await proxy->reconciler.reconfigure(std::move(definition), "test");
    EXPECT_TRUE(outcome) << outcome.error().what;
    ++done;
  };
  for (int i : {0, 1}) spawn(executor, order(proxies[i], wanted[i]), "order");
  co_await eventually([&] { return done == 2; }, "both are answered");
  registry->delay_calls(0ms);
  for (auto* proxy : proxies) proxy->driver.on_apply = nullptr;
  co_return served;
}

TEST(Reconciler, WhoIsOvertakenDoesNotGoBackFirst) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy a(executor, registry);
    Proxy b(executor, registry);
    co_await a.start();
    co_await b.start();
    registry.put_instance(instance("x", "1"));
    auto first =
        co_await order_at_once(executor, &registry, {&a, &b}, {definition("x", "/x"), definition("x", "/x")});
    EXPECT_GE(std::max(first[0].size(), first[1].size()), 2U) << "nobody was overtaken";
    for (const auto& served : first)
      EXPECT_THAT(served, Not(Contains("-"))) << "the route went away in between";
    auto second =
        co_await order_at_once(executor, &registry, {&a, &b}, {definition("x", "/a"), definition("x", "/b")});
    EXPECT_GE(std::max(second[0].size(), second[1].size()), 2U) << "nobody was overtaken";
    for (const auto& served : second)
      EXPECT_THAT(served, Not(Contains("/x"))) << "an older release came back";
    co_await a.reconciler.stop();
    co_await b.reconciler.stop();
  });
}

TEST(Reconciler, RecoversWithThePresentInstancesAndFallsBackToThePins) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    {
      Proxy first(executor, registry);
      co_await first.start();
      registry.put_instance(instance("moved", "1", 1000));
      registry.put_instance(instance("vanished", "2", 2000));
      co_await first.reconciler.reconfigure(definition("moved", "/m"), "test");
      co_await first.reconciler.reconfigure(definition("vanished", "/v"), "test");
      co_await first.reconciler.stop();
    }
    registry.put_instance(instance("moved", "1", 1001));
    registry.drop_instance("node-1", "2");
    Proxy second(executor, registry);
    co_await second.start();
    EXPECT_TRUE(second.reconciler.synchronised());
    EXPECT_EQ(second.driver.applied().services.at("moved").instances.at(0).port, 1001);
    EXPECT_EQ(second.serving("vanished"), 1);
    co_await sleep_for(300ms);
    EXPECT_EQ(second.driver.applied().services.at("moved").instances.at(0).port, 1001);
    co_await second.reconciler.stop();
  });
}

TEST(Reconciler, ATemplateIsRenderedAgainAfterAFailover) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    {
      Proxy first(executor, registry);
      co_await first.start();
      co_await first.reconciler.reconfigure(templated("x"), "test");
      co_await first.reconciler.stop();
    }
    Proxy second(executor, registry);
    second.renderer.result = "backend moved\n";
    co_await second.start();
    EXPECT_EQ(second.driver.applied().services.at("x").rendered, "backend moved\n");
    co_await second.reconciler.stop();
  });
}

TEST(Reconciler, StartsFromTheLastKnownStateAndSynchronisesWhenTheRegistryReturns) {
  auto file = (std::filesystem::temp_directory_path() / "dfp_reconciler_last_known.json").string();
  std::filesystem::remove(file);
  with_registry([&](Executor executor, auto& registry) -> Task<> {
    {
      Proxy first(executor, registry, {file});
      co_await first.start();
      registry.put_instance(instance("go-demo", "1"));
      co_await first.reconciler.reconfigure(definition("go-demo"), "test");
      co_await first.reconciler.stop();
    }
    registry.go_away();
    Proxy second(executor, registry, {file});
    co_await second.start();
    EXPECT_FALSE(second.reconciler.synchronised());
    EXPECT_EQ(second.serving("go-demo"), 1);
    registry.come_back();
    co_await eventually([&] { return second.reconciler.synchronised(); }, "synchronised");
    EXPECT_EQ(second.serving("go-demo"), 1);
    co_await second.reconciler.stop();
  });
  std::filesystem::remove(file);
}

TEST(Reconciler, ABadStoredServiceIsSetAsideAndTheOthersServe) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    {
      Proxy first(executor, registry);
      co_await first.start();
      for (std::string name : {"a", "b", "c", "d"})
        co_await first.reconciler.reconfigure(definition(name, "/" + name), "t");
      co_await first.reconciler.stop();
    }
    registry.set("docker-flow/broken/definition", "{not json");
    Proxy second(executor, registry);
    second.driver.refused.insert("c");
    co_await second.start();
    for (auto name : {"a", "b", "d"}) EXPECT_TRUE(second.knows(name)) << name;
    EXPECT_FALSE(second.knows("c"));
    EXPECT_TRUE(second.reconciler.set_aside().contains("c"));
    EXPECT_TRUE(second.reconciler.set_aside().contains("broken"));
    co_await second.reconciler.stop();
  });
}

TEST(Reconciler, AWipedRegistryIsNotBelieved) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
    registry.put_instance(instance("go-demo", "1"));
    co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    for (auto key : {"color", "path", "domain", "pathtype", "skipcheck", "consultemplatepath", "definition"})
      registry.erase(std::string("docker-flow/go-demo/") + key);
    registry.erase("docker-flow/_/changed");
    co_await sleep_for(500ms);
    EXPECT_EQ(proxy.serving("go-demo"), 1);
    EXPECT_FALSE(registry.value("docker-flow/go-demo/definition"));
    auto changed = co_await proxy.reconciler.reconfigure(definition("other", "/other"), "test");
    EXPECT_TRUE(changed) << changed.error().what;
    EXPECT_TRUE(registry.value("docker-flow/go-demo/definition")) << "what is served is written back with it";
    co_await sleep_for(700ms);
    EXPECT_EQ(proxy.serving("go-demo"), 1) << "nothing is taken away";
    registry.put_instance(instance("go-demo", "2"));
    auto again = co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    EXPECT_TRUE(again) << again.error().what;
    EXPECT_EQ(proxy.serving("go-demo"), 2);
  });
}

TEST(Reconciler, AnOlderRecordOfOursTakesNothingBack) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
    registry.put_instance(instance("go-demo", "1"));
    co_await proxy.reconciler.reconfigure(definition("go-demo"), "label");
    registry.drop_instance("node-1", "1");
    registry.lose_answer_next(1);
    auto none = co_await proxy.reconciler.repin("go-demo");  // kept, but nobody knows
    EXPECT_TRUE(none) << none.error().what;
    registry.put_instance(instance("go-demo", "2"));
    auto one = co_await proxy.reconciler.repin("go-demo");
    EXPECT_TRUE(one) << one.error().what;
    auto kept = [&] { return registry.value("docker-flow/go-demo/definition")->contains("\"2\""); };
    auto applies = proxy.driver.applies;
    co_await eventually(kept, "the newer one is kept");
    EXPECT_EQ(proxy.driver.applies, applies) << "and was served all the time";
    EXPECT_EQ(proxy.serving("go-demo"), 1);
  });
}

TEST(Reconciler, WhatAFollowerOrdersIsServedAtOnceAndKeptWhenTheRegistryIsBack) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
    registry.put_instance(instance("go-demo", "1"));
    co_await proxy.reconciler.reconfigure(definition("go-demo"), "label");
    registry.put_instance(instance("go-demo", "2"));
    registry.fail_next(4, {Errc::Unavailable, "connection refused"}, registry::testing::Call::Transact);
    auto refused = co_await proxy.reconciler.reconfigure(definition("go-demo"), "api");
    EXPECT_FALSE(refused) << "an answer says that it is kept";
    EXPECT_EQ(proxy.serving("go-demo"), 1);
    auto moved = co_await proxy.reconciler.repin("go-demo");
    EXPECT_TRUE(moved) << moved.error().what;
    auto ordered = co_await proxy.reconciler.reconfigure(definition("new", "/new"), Origin::label("label"));
    EXPECT_TRUE(ordered) << ordered.error().what;
    EXPECT_EQ(proxy.serving("go-demo"), 2);
    EXPECT_FALSE(registry.value("docker-flow/new/definition"));
    auto kept = [&] {
      auto old = registry.value("docker-flow/go-demo/definition");
      return registry.value("docker-flow/new/definition") && old && old->contains("\"2\"");
    };
    co_await eventually(kept, "both are kept");
    EXPECT_EQ(proxy.serving("go-demo"), 2);
    EXPECT_TRUE(proxy.knows("new"));
  });
}

TEST(Reconciler, AnOriginalsKeysAreTakenOver) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
    registry.put_instance(instance("books-blue", "1"));
    registry.set("docker-flow/books/path", "/api/v1/books");
    registry.set("docker-flow/books/color", "blue");
    co_await eventually([&] { return proxy.serving("books") == 1; },
                        "the service of an original 1.0 is served");
    EXPECT_EQ(proxy.driver.applied().services.at("books").definition.color, "blue");
  });
}

}  // namespace
}  // namespace dfp::reconcile
