#include "reconcile/reconciler.hpp"

#include "reconcile/testing/proxy_rig.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;
using registry::testing::Call;
using testing::definition;
using testing::eventually;
using testing::FakeRegistry;
using testing::instance;
using testing::Proxy;
using testing::templated;
using testing::with_proxy;

TEST(Reconciler, PinsTheInstancesOfTheMomentAndNoLaterOnes) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
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
  });
}

TEST(Reconciler, RepinningFollowsTheCatalogEvenToNothing) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
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
  });
}

TEST(Reconciler, SingleInstancesCanBeTakenOut) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
    for (auto id : {"1", "2", "3"}) registry.put_instance(instance("go-demo", id));
    co_await proxy.reconciler.reconfigure(definition("go-demo"), "label");
    auto less = co_await proxy.reconciler.unpin("go-demo", {"1", "3"});
    EXPECT_TRUE(less) << less.error().what;
    EXPECT_EQ(less->service.instances.at(0).id, "2");
    EXPECT_EQ(proxy.serving("go-demo"), 1);
    auto none = co_await proxy.reconciler.unpin("go-demo", {"2"});
    EXPECT_TRUE(none) << none.error().what;
    EXPECT_EQ(proxy.serving("go-demo"), 0);
    auto again = co_await proxy.reconciler.repin("go-demo");
    EXPECT_TRUE(again) << again.error().what;
    EXPECT_EQ(proxy.serving("go-demo"), 3);
  });
}

TEST(Reconciler, AnUnchangedRequestWritesAndAppliesNothing) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
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
  });
}

/// Another proxy's order, which this one has not read yet.
Task<> order_elsewhere(FakeRegistry* registry, std::string path) {
  registry::DefinitionStore store(*registry, "docker-flow");
  auto snapshot = co_await store.load(Deadline::after(1s));
  auto stored = snapshot->services.at("go-demo");
  stored.service.definition.paths = {std::move(path)};
  ++stored.service.revision;
  auto written = co_await store.put(stored.service, stored.version, Deadline::after(1s));
  EXPECT_TRUE(written) << written.error().what;
}

TEST(Reconciler, AnUnchangedRequestIsComparedWithWhatIsStored) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
    registry.put_instance(instance("go-demo", "1"));
    co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    co_await order_elsewhere(&registry, "/other");
    auto again = co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    EXPECT_TRUE(again) << again.error().what;
    registry::DefinitionStore store(registry, "docker-flow");
    auto kept = co_await store.load(Deadline::after(1s));
    EXPECT_EQ(kept->services.at("go-demo").service.definition.paths, std::vector<std::string>{"/demo"});
    co_await sleep_for(300ms);  // longer than it takes to read what others have written
    EXPECT_EQ(proxy.driver.applied().services.at("go-demo").definition.paths,
              std::vector<std::string>{"/demo"});
  });
}

TEST(Reconciler, AnUnchangedRequestReplacesADamagedRecord) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
    registry.put_instance(instance("go-demo", "1"));
    co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    registry.set("docker-flow/go-demo/definition", "{");
    co_await eventually([&] { return proxy.reconciler.set_aside().contains("go-demo"); }, "it is seen");
    auto again = co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    EXPECT_TRUE(again) << again.error().what;
    registry::DefinitionStore store(registry, "docker-flow");
    auto kept = co_await store.load(Deadline::after(1s));
    EXPECT_TRUE(kept->services.contains("go-demo"));
    EXPECT_TRUE(kept->broken.empty());
  });
}

TEST(Reconciler, RefusesAColourThatNobodyRuns) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
    registry.put_instance(instance("go-demo-blue", "1"));
    co_await proxy.reconciler.reconfigure(definition("go-demo", "/demo", "blue"), "test");
    auto green = co_await proxy.reconciler.reconfigure(definition("go-demo", "/demo", "green"), "test");
    EXPECT_EQ(green.error().code, Errc::Conflict);
    EXPECT_EQ(proxy.driver.applied().services.at("go-demo").definition.color, "blue");
  });
}

TEST(Reconciler, AcceptsANewServiceWithoutInstances) {
  with_proxy([](Proxy& proxy, auto&) -> Task<> {
    auto accepted = co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    EXPECT_TRUE(accepted);
    EXPECT_TRUE(proxy.knows("go-demo"));
  });
}

TEST(Reconciler, TheSameRouteOfAnotherServiceIsAConflictNamingTheOwner) {
  with_proxy([](Proxy& proxy, auto&) -> Task<> {
    co_await proxy.reconciler.reconfigure(definition("owner"), "test");
    auto second = co_await proxy.reconciler.reconfigure(definition("other"), "test");
    EXPECT_EQ(second.error().code, Errc::Conflict);
    EXPECT_NE(second.error().what.find("belongs to service owner"), std::string::npos) << second.error().what;
    EXPECT_FALSE(proxy.knows("other"));
  });
}

TEST(Reconciler, ARegistryThatIsAwayRefusesAndChangesNothing) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
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
  });
}

TEST(Reconciler, AWriteThatFailsIsUndoneInTheProxy) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
    registry.put_instance(instance("go-demo", "1"));
    co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    registry.fail_next(1, {Errc::Unavailable, "gone"}, Call::Transact);
    auto changed = co_await proxy.reconciler.reconfigure(definition("go-demo", "/other"), "test");
    EXPECT_EQ(changed.error().code, Errc::Unavailable);
    EXPECT_EQ(proxy.driver.applied().services.at("go-demo").definition.paths[0], "/demo");
  });
}

TEST(Reconciler, WhatTheProxyRefusesIsNotKept) {
  with_proxy([](Proxy& proxy, auto&) -> Task<> {
    proxy.driver.refused.insert("bad");
    auto refused = co_await proxy.reconciler.reconfigure(definition("bad"), "test");
    EXPECT_EQ(refused.error().code, Errc::Rejected);
    auto snapshot = co_await proxy.store.load(Deadline::after(1s));
    EXPECT_TRUE(snapshot->services.empty());
  });
}

TEST(Reconciler, ATemplateThatCannotBeRenderedChangesNothing) {
  with_proxy([](Proxy& proxy, auto&) -> Task<> {
    auto first = co_await proxy.reconciler.reconfigure(templated("x"), "test");
    EXPECT_TRUE(first) << first.error().what;
    EXPECT_EQ(proxy.driver.applied().services.at("x").rendered, "backend x\n");
    proxy.renderer.result = fail(Errc::InvalidArgument, "template: x.tmpl:3: unexpected EOF");
    auto second = co_await proxy.reconciler.reconfigure(templated("x"), "test");
    EXPECT_EQ(second.error().code, Errc::InvalidArgument);
    EXPECT_EQ(proxy.driver.applied().services.at("x").rendered, "backend x\n");
  });
}

TEST(Reconciler, ARecordWhoseAnswerIsLostIsNoPlainFailure) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
    registry.put_instance(instance("go-demo", "1"));
    registry.lose_answer_next(1);
    auto lost = co_await proxy.reconciler.reconfigure(definition("go-demo"), "api");
    EXPECT_EQ(lost.error().code, Errc::OutcomeUnknown);
    EXPECT_TRUE(lost.error().what.contains("takes effect once it answers")) << lost.error().what;
    co_await eventually([&] { return proxy.serving("go-demo") == 1; }, "it was kept, and is served");
    registry.lose_answer_next(1);
    auto removed = co_await proxy.reconciler.remove("go-demo", "api");
    EXPECT_EQ(removed.error().code, Errc::OutcomeUnknown);
    co_await eventually([&] { return !proxy.knows("go-demo"); }, "it was removed, and goes");
  });
}

}  // namespace
}  // namespace dfp::reconcile
