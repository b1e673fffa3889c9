#include "reconcile/reconciler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/testing.hpp"
#include "reconcile/testing/fake_driver.hpp"
#include "registry/testing/fake_registry.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;
using registry::testing::Call;

model::Instance instance(std::string service, std::string id, std::uint16_t port = 8080) {
  model::Instance i;
  i.service = std::move(service);
  i.node = "node-1";
  i.id = std::move(id);
  i.address = "127.0.0.1";
  i.port = port;
  return i;
}

model::Definition definition(std::string service, std::string path = "/demo", std::string color = "") {
  model::Definition d;
  d.service = std::move(service);
  d.paths = {std::move(path)};
  d.color = std::move(color);
  return d;
}

/// "Renders" a fixed text, or fails.
struct FakeRenderer : Renderer {
  Task<Result<Rendering>> render(model::Definition, std::chrono::system_clock::time_point,
                                 Deadline) override {
    if (!result) co_return std::unexpected(result.error());
    co_return Rendering{*result, "sha256:00", nullptr};
  }
  Task<Result<>> changed(std::shared_ptr<const Rendering::Basis>, Deadline deadline) override {
    co_await sleep_for(deadline.left());
    co_return fail(Errc::Timeout, "no change");
  }
  Result<std::string> result = "backend x\n";
};

/// One proxy over a registry that it may share with others.
struct Proxy {
  Proxy(Executor executor, registry::testing::FakeRegistry& registry, std::string last_known_file = "",
        bool follow_health = false)
      : store(registry, "docker-flow"),
        reconciler(executor, registry, store, driver, settings(last_known_file, follow_health),
                   {&renderer, nullptr}) {}

  static ReconcilerSettings settings(std::string file, bool follow_health) {
    ReconcilerSettings s;
    s.follow_health = follow_health;
    s.last_known_file = std::move(file);
    s.request_timeout = 2s;
    s.watch_span = 200ms;
    s.retry_first = 5ms;
    s.retry_last = 20ms;
    s.watch = {20ms, 100ms, 50ms, 1s, 5ms, 50ms};
    return s;
  }

  std::size_t serving(const std::string& service) const {
    auto found = driver.applied().services.find(service);
    return found == driver.applied().services.end() ? 0 : found->second.instances.size();
  }
  bool knows(const std::string& service) const { return driver.applied().services.contains(service); }

  testing::FakeDriver driver;
  FakeRenderer renderer;
  registry::DefinitionStore store;
  Reconciler reconciler;
};

/// Waits until `condition` holds; a failure after 5 s.
Task<> eventually(std::function<bool()> condition, std::string what) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) co_return;
    co_await sleep_for(5ms);
  }
  ADD_FAILURE() << "never happened: " << what;
}

/// Runs `body(executor, registry)` on a fresh executor.
void with_registry(std::function<Task<>(Executor, registry::testing::FakeRegistry&)> body) {
  dfp::testing::run([&](Executor executor) -> Task<> {
    auto registry = std::make_shared<registry::testing::FakeRegistry>(executor);
    co_await body(executor, *registry);
  });
}

TEST(Reconciler, PinsTheInstancesOfTheMomentAndNoLaterOnes) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy proxy(executor, registry);
    co_await proxy.reconciler.start();
    registry.put_instance(instance("go-demo", "1"));
    auto first = co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    EXPECT_TRUE(first) << first.error().what;
    EXPECT_FALSE(first->existed);
    registry.put_instance(instance("go-demo", "2"));
    registry.put_instance(instance("go-demo", "3"));
    co_await sleep_for(300ms);
    EXPECT_EQ(proxy.serving("go-demo"), 1);
    auto second = co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    EXPECT_TRUE(second);
    EXPECT_EQ(second->service.revision, 2);
    EXPECT_EQ(proxy.serving("go-demo"), 3);
    co_await proxy.reconciler.stop();
  });
}

TEST(Reconciler, RepinningFollowsTheCatalogEvenToNothing) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy proxy(executor, registry);
    co_await proxy.reconciler.start();
    auto unknown = co_await proxy.reconciler.repin("go-demo");
    EXPECT_EQ(unknown.error().code, Errc::NotFound);
    registry.put_instance(instance("go-demo", "1"));
    co_await proxy.reconciler.reconfigure(definition("go-demo"), "label");
    registry.put_instance(instance("go-demo", "2"));
    auto grown = co_await proxy.reconciler.repin("go-demo");
    EXPECT_TRUE(grown);
    EXPECT_EQ(proxy.serving("go-demo"), 2);
    EXPECT_EQ(grown->service.changed_by, "label");
    registry.drop_instance("node-1", "1");
    registry.drop_instance("node-1", "2");
    auto empty = co_await proxy.reconciler.repin("go-demo");
    EXPECT_TRUE(empty) << empty.error().what;
    EXPECT_EQ(proxy.serving("go-demo"), 0);
    EXPECT_TRUE(proxy.knows("go-demo"));
    co_await proxy.reconciler.stop();
  });
}

TEST(Reconciler, AnUnchangedRequestWritesAndAppliesNothing) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy proxy(executor, registry);
    co_await proxy.reconciler.start();
    registry.put_instance(instance("go-demo", "1"));
    co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    auto applies = proxy.driver.applies;
    auto writes = registry.calls(Call::Transact);
    auto again = co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    EXPECT_TRUE(again);
    EXPECT_EQ(again->plan.means(), model::Means::Nothing);
    EXPECT_EQ(again->service.revision, 1);
    EXPECT_EQ(proxy.driver.applies, applies);
    EXPECT_EQ(registry.calls(Call::Transact), writes);
    co_await proxy.reconciler.stop();
  });
}

TEST(Reconciler, RefusesAColourThatNobodyRuns) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy proxy(executor, registry);
    co_await proxy.reconciler.start();
    registry.put_instance(instance("go-demo-blue", "1"));
    co_await proxy.reconciler.reconfigure(definition("go-demo", "/demo", "blue"), "test");
    auto green = co_await proxy.reconciler.reconfigure(definition("go-demo", "/demo", "green"), "test");
    EXPECT_EQ(green.error().code, Errc::Conflict);
    EXPECT_EQ(proxy.driver.applied().services.at("go-demo").definition.color, "blue");
    co_await proxy.reconciler.stop();
  });
}

TEST(Reconciler, AcceptsANewServiceWithoutInstances) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy proxy(executor, registry);
    co_await proxy.reconciler.start();
    auto accepted = co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    EXPECT_TRUE(accepted);
    EXPECT_TRUE(proxy.knows("go-demo"));
    co_await proxy.reconciler.stop();
  });
}

TEST(Reconciler, TheSameRouteOfAnotherServiceIsAConflictNamingTheOwner) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy proxy(executor, registry);
    co_await proxy.reconciler.start();
    co_await proxy.reconciler.reconfigure(definition("owner"), "test");
    auto second = co_await proxy.reconciler.reconfigure(definition("other"), "test");
    EXPECT_EQ(second.error().code, Errc::Conflict);
    EXPECT_NE(second.error().what.find("belongs to service owner"), std::string::npos) << second.error().what;
    EXPECT_FALSE(proxy.knows("other"));
    co_await proxy.reconciler.stop();
  });
}

TEST(Reconciler, ARegistryThatIsAwayRefusesAndChangesNothing) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy proxy(executor, registry);
    co_await proxy.reconciler.start();
    registry.put_instance(instance("go-demo", "1"));
    co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    registry.go_away();
    auto changed = co_await proxy.reconciler.reconfigure(definition("go-demo", "/other"), "test");
    EXPECT_EQ(changed.error().code, Errc::Unavailable);
    auto removed = co_await proxy.reconciler.remove("go-demo", "test");
    EXPECT_EQ(removed.error().code, Errc::Unavailable);
    co_await sleep_for(100ms);
    EXPECT_EQ(proxy.driver.applied().services.at("go-demo").definition.paths[0], "/demo");
    registry.come_back();
    co_await proxy.reconciler.stop();
  });
}

TEST(Reconciler, AWriteThatFailsIsUndoneInTheProxy) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy proxy(executor, registry);
    co_await proxy.reconciler.start();
    registry.put_instance(instance("go-demo", "1"));
    co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    registry.fail_next(1, {Errc::Unavailable, "gone"}, Call::Transact);
    auto changed = co_await proxy.reconciler.reconfigure(definition("go-demo", "/other"), "test");
    EXPECT_EQ(changed.error().code, Errc::Unavailable);
    EXPECT_EQ(proxy.driver.applied().services.at("go-demo").definition.paths[0], "/demo");
    co_await proxy.reconciler.stop();
  });
}

TEST(Reconciler, WhatTheProxyRefusesIsNotKept) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy proxy(executor, registry);
    co_await proxy.reconciler.start();
    proxy.driver.refused.insert("bad");
    auto refused = co_await proxy.reconciler.reconfigure(definition("bad"), "test");
    EXPECT_EQ(refused.error().code, Errc::Rejected);
    auto snapshot = co_await proxy.store.load(Deadline::after(1s));
    EXPECT_TRUE(snapshot->services.empty());
    co_await proxy.reconciler.stop();
  });
}

TEST(Reconciler, TwoProxiesConverge) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy a(executor, registry);
    Proxy b(executor, registry);
    co_await a.reconciler.start();
    co_await b.reconciler.start();
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
    co_await a.reconciler.stop();
    co_await b.reconciler.stop();
  });
}

TEST(Reconciler, AChangeByAnotherProxyIsNotOverwrittenBlindly) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy a(executor, registry);
    Proxy b(executor, registry);
    co_await a.reconciler.start();
    co_await b.reconciler.start();
    registry.put_instance(instance("x", "1"));
    auto from_a = co_await a.reconciler.reconfigure(definition("x", "/a"), "test");
    auto from_b = co_await b.reconciler.reconfigure(definition("x", "/b"), "test");
    EXPECT_TRUE(from_a);
    EXPECT_TRUE(from_b) << from_b.error().what;
    EXPECT_EQ(from_b->service.revision, 2);
    co_await eventually([&] { return a.driver.applied().services.at("x").definition.paths[0] == "/b"; },
                        "a has /b");
    co_await a.reconciler.stop();
    co_await b.reconciler.stop();
  });
}

TEST(Reconciler, RecoversWithThePresentInstancesAndFallsBackToThePins) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    {
      Proxy first(executor, registry);
      co_await first.reconciler.start();
      registry.put_instance(instance("moved", "1", 1000));
      registry.put_instance(instance("vanished", "2", 2000));
      co_await first.reconciler.reconfigure(definition("moved", "/m"), "test");
      co_await first.reconciler.reconfigure(definition("vanished", "/v"), "test");
      co_await first.reconciler.stop();
    }
    registry.put_instance(instance("moved", "1", 1001));
    registry.drop_instance("node-1", "2");
    Proxy second(executor, registry);
    co_await second.reconciler.start();
    EXPECT_TRUE(second.reconciler.synchronised());
    EXPECT_EQ(second.driver.applied().services.at("moved").instances.at(0).port, 1001);
    EXPECT_EQ(second.serving("vanished"), 1);
    co_await sleep_for(300ms);
    EXPECT_EQ(second.driver.applied().services.at("moved").instances.at(0).port, 1001);
    co_await second.reconciler.stop();
  });
}

TEST(Reconciler, StartsFromTheLastKnownStateAndSynchronisesWhenTheRegistryReturns) {
  auto file = (std::filesystem::temp_directory_path() / "dfp_reconciler_last_known.json").string();
  std::filesystem::remove(file);
  with_registry([&](Executor executor, auto& registry) -> Task<> {
    {
      Proxy first(executor, registry, file);
      co_await first.reconciler.start();
      registry.put_instance(instance("go-demo", "1"));
      co_await first.reconciler.reconfigure(definition("go-demo"), "test");
      co_await first.reconciler.stop();
    }
    registry.go_away();
    Proxy second(executor, registry, file);
    auto started = co_await second.reconciler.start();
    EXPECT_TRUE(started);
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
      co_await first.reconciler.start();
      for (std::string name : {"a", "b", "c", "d"})
        co_await first.reconciler.reconfigure(definition(name, "/" + name), "t");
      co_await first.reconciler.stop();
    }
    registry.set("docker-flow/broken/definition", "{not json");
    Proxy second(executor, registry);
    second.driver.refused.insert("c");
    auto started = co_await second.reconciler.start();
    EXPECT_TRUE(started);
    for (auto name : {"a", "b", "d"}) EXPECT_TRUE(second.knows(name)) << name;
    EXPECT_FALSE(second.knows("c"));
    EXPECT_TRUE(second.reconciler.set_aside().contains("c"));
    EXPECT_TRUE(second.reconciler.set_aside().contains("broken"));
    co_await second.reconciler.stop();
  });
}

TEST(Reconciler, AWipedRegistryIsNotBelieved) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy proxy(executor, registry);
    co_await proxy.reconciler.start();
    registry.put_instance(instance("go-demo", "1"));
    co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    for (auto key : {"color", "path", "domain", "pathtype", "skipcheck", "consultemplatepath", "definition"})
      registry.erase(std::string("docker-flow/go-demo/") + key);
    registry.erase("docker-flow/_/changed");
    co_await sleep_for(500ms);
    EXPECT_EQ(proxy.serving("go-demo"), 1);
    co_await proxy.reconciler.stop();
  });
}

ReconfigureOptions healthy_within(std::chrono::milliseconds span) { return {.healthy_within = span}; }

TEST(HealthGate, AnInstanceThatStaysSickIsRefusedAndNothingChanges) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy proxy(executor, registry);
    co_await proxy.reconciler.start();
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
    co_await proxy.reconciler.stop();
  });
}

TEST(HealthGate, WaitsForHealthWhileOtherRequestsGoOn) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy proxy(executor, registry);
    co_await proxy.reconciler.start();
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
  with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy proxy(executor, registry);
    co_await proxy.reconciler.start();
    registry.put_instance(instance("go-demo", "1"));
    co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    proxy.driver.sick = {"1"};  // HAProxy has taken it out of use itself
    registry.put_instance(instance("go-demo", "2"));
    auto scaled = co_await proxy.reconciler.reconfigure(definition("go-demo"), "test", healthy_within(5s));
    EXPECT_TRUE(scaled) << scaled.error().what;
    EXPECT_EQ(proxy.driver.checks, 1);
    EXPECT_EQ(proxy.serving("go-demo"), 2);
    co_await proxy.reconciler.stop();
  });
}

TEST(HealthGate, WithoutAnyInstanceThereIsNothingHealthy) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy proxy(executor, registry);
    co_await proxy.reconciler.start();
    auto refused =
        co_await proxy.reconciler.reconfigure(definition("go-demo"), "test", healthy_within(150ms));
    EXPECT_EQ(refused.error().code, Errc::Conflict);
    EXPECT_FALSE(proxy.knows("go-demo"));
    co_await proxy.reconciler.stop();
  });
}

TEST(Health, FollowsTheRegistryWithoutAnotherRequest) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy proxy(executor, registry, "", true);
    co_await proxy.reconciler.start();
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
    co_await proxy.reconciler.stop();
  });
}

model::Definition templated(std::string service) {
  model::Definition d;
  d.service = std::move(service);
  d.consul_template_path = d.service + ".tmpl";
  return d;
}

TEST(Reconciler, ATemplateThatCannotBeRenderedChangesNothing) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy proxy(executor, registry);
    co_await proxy.reconciler.start();
    auto first = co_await proxy.reconciler.reconfigure(templated("x"), "test");
    EXPECT_TRUE(first) << first.error().what;
    EXPECT_EQ(proxy.driver.applied().services.at("x").rendered, "backend x\n");
    proxy.renderer.result = fail(Errc::InvalidArgument, "template: x.tmpl:3: unexpected EOF");
    auto second = co_await proxy.reconciler.reconfigure(templated("x"), "test");
    EXPECT_EQ(second.error().code, Errc::InvalidArgument);
    EXPECT_EQ(proxy.driver.applied().services.at("x").rendered, "backend x\n");
    co_await proxy.reconciler.stop();
  });
}

TEST(Reconciler, ATemplateIsRenderedAgainAfterAFailover) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    {
      Proxy first(executor, registry);
      co_await first.reconciler.start();
      co_await first.reconciler.reconfigure(templated("x"), "test");
      co_await first.reconciler.stop();
    }
    Proxy second(executor, registry);
    second.renderer.result = "backend moved\n";
    co_await second.reconciler.start();
    EXPECT_EQ(second.driver.applied().services.at("x").rendered, "backend moved\n");
    co_await second.reconciler.stop();
  });
}

model::Definition watched(model::Definition d) {
  d.watch = true;
  return d;
}

TEST(Reconciler, AWatchedServiceFollowsItsInstancesButNotToNothing) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy proxy(executor, registry);
    co_await proxy.reconciler.start();
    registry.put_instance(instance("go-demo", "1"));
    registry.put_instance(instance("pinned", "2"));
    co_await proxy.reconciler.reconfigure(watched(definition("go-demo")), "test");
    co_await proxy.reconciler.reconfigure(definition("pinned", "/pinned"), "test");
    registry.put_instance(instance("go-demo", "3"));
    registry.put_instance(instance("pinned", "4"));
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
    co_await proxy.reconciler.stop();
  });
}

TEST(Reconciler, WatchesAreTakenUpAfterARestart) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    {
      Proxy first(executor, registry);
      co_await first.reconciler.start();
      registry.put_instance(instance("go-demo", "1"));
      co_await first.reconciler.reconfigure(watched(definition("go-demo")), "test");
      co_await first.reconciler.stop();
    }
    Proxy second(executor, registry);
    co_await second.reconciler.start();
    registry.put_instance(instance("go-demo", "2"));
    co_await eventually([&] { return second.serving("go-demo") == 2; }, "the new instance is served");
    co_await second.reconciler.stop();
  });
}

TEST(Reconciler, ProxiesThatWatchTheSameServiceDoNotFight) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy a(executor, registry);
    Proxy b(executor, registry);
    co_await a.reconciler.start();
    co_await b.reconciler.start();
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
    co_await a.reconciler.stop();
    co_await b.reconciler.stop();
  });
}

TEST(Reconciler, AnOriginalsKeysAreTakenOver) {
  with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy proxy(executor, registry);
    co_await proxy.reconciler.start();
    registry.put_instance(instance("books-blue", "1"));
    registry.set("docker-flow/books/path", "/api/v1/books");
    registry.set("docker-flow/books/color", "blue");
    co_await eventually([&] { return proxy.serving("books") == 1; },
                        "the service of an original 1.0 is served");
    EXPECT_EQ(proxy.driver.applied().services.at("books").definition.color, "blue");
    co_await proxy.reconciler.stop();
  });
}

}  // namespace
}  // namespace dfp::reconcile
