// A route has one owner, on all proxies.
#include <gmock/gmock.h>

#include "reconcile/testing/proxy_rig.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;
using testing::definition;
using testing::eventually;
using testing::FakeRegistry;
using ::testing::HasSubstr;
using testing::instance;
using testing::Proxy;
using testing::templated;
using testing::with_registry;

using Answer = std::optional<Result<Outcome>>;

struct TwoProxies {
  TwoProxies(Executor e, FakeRegistry& r) : executor(e), registry(r), a(e, r), b(e, r) {}
  /// Without waiting for the answer.
  void order(Proxy& proxy, model::Definition d, Answer* into) {
    auto ask = [](Proxy* p, model::Definition wanted, Answer* answer) -> Task<> {
      auto done = co_await p->reconciler.reconfigure(std::move(wanted), "test");
      *answer = std::move(done);
    };
    spawn(executor, ask(&proxy, std::move(d), into), "order");
  }
  bool both_know(const std::string& name) { return a.knows(name) && b.knows(name); }
  bool both_set_aside(const std::string& name) {
    return a.reconciler.set_aside().contains(name) && b.reconciler.set_aside().contains(name) &&
           !a.knows(name) && !b.knows(name);
  }
  Executor executor;
  FakeRegistry& registry;
  Proxy a, b;
};

void with_two(std::function<Task<>(TwoProxies&)> body) {
  with_registry([&](Executor executor, FakeRegistry& registry) -> Task<> {
    TwoProxies two(executor, registry);
    co_await two.a.start();
    co_await two.b.start();
    co_await body(two);
    co_await two.a.reconciler.stop();
    co_await two.b.reconciler.stop();
  });
}

/// What another program writes, or an older release: a record without a claim.
Task<> write_foreign(FakeRegistry* registry, model::Service service) {
  registry::DefinitionStore other(*registry, "docker-flow");
  auto written = co_await other.put(std::move(service), 0, Deadline::after(1s));
  EXPECT_TRUE(written) << written.error().what;
}

TEST(Owners, OfTwoProxiesThatTakeARouteAtTheSameMomentOneIsRefused) {
  with_two([](TwoProxies& two) -> Task<> {
    two.registry.delay_calls(2ms);  // both read before either writes
    for (int round = 0; round < 5; ++round) {
      auto path = "/same" + std::to_string(round), suffix = std::to_string(round);
      Answer one, other;
      two.order(two.a, definition("one" + suffix, path), &one);
      two.order(two.b, definition("two" + suffix, path), &other);
      co_await eventually([&] { return one && other; }, "both are answered");
      EXPECT_NE(one->has_value(), other->has_value());
      const auto& refused = *one ? *other : *one;
      std::string winner = (*one ? "one" : "two") + suffix, loser = (*one ? "two" : "one") + suffix;
      EXPECT_EQ(refused.error().code, Errc::Conflict);
      EXPECT_THAT(refused.error().what, HasSubstr("belongs to service " + winner));
      co_await eventually([&] { return two.both_know(winner); }, "both serve the winner");
      EXPECT_FALSE(two.a.knows(loser) || two.b.knows(loser));
      for (auto* proxy : {&two.a, &two.b}) {  // neither is locked
        auto again = co_await proxy->reconciler.reconfigure(definition(winner, path, "blue"), "test");
        EXPECT_TRUE(again) << again.error().what;
        auto still = co_await proxy->reconciler.reconfigure(definition(loser, path), "test");
        EXPECT_EQ(still.error().code, Errc::Conflict);
      }
    }
  });
}

TEST(Owners, ClaimsOnDifferentRoutesAtTheSameMomentBothGoThrough) {
  with_two([](TwoProxies& two) -> Task<> {
    two.registry.delay_calls(2ms);
    std::vector<Answer> answers(16);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      auto name = "s" + std::to_string(i);
      two.order(i % 2 ? two.a : two.b, definition(name, "/" + name), &answers[i]);
    }
    co_await eventually([&] { return std::ranges::all_of(answers, [](auto& a) { return a.has_value(); }); },
                        "all are answered");
    for (auto& answer : answers) EXPECT_TRUE(*answer) << answer->error().what;
  });
}

TEST(Owners, AForeignRecordCannotTakeARouteThatIsServed) {
  with_two([](TwoProxies& two) -> Task<> {
    co_await two.a.reconciler.reconfigure(definition("one", "/one"), "test");
    co_await eventually([&] { return two.both_know("one"); }, "both serve it");
    two.registry.set("docker-flow/a-evil/path", "/one");  // as an original 1.0 writes it
    model::Service greedy;
    greedy.definition = definition("b-evil", "/one");
    greedy.definition.acl_name = "0";
    greedy.definition.take_over = true;
    co_await write_foreign(&two.registry, greedy);
    for (std::string evil : {"a-evil", "b-evil"})
      co_await eventually([&] { return two.both_set_aside(evil); }, "both set it aside: " + evil);
    EXPECT_THAT(two.a.reconciler.set_aside().at("a-evil"), HasSubstr("belongs to service one"));
    auto again = co_await two.b.reconciler.reconfigure(definition("one", "/one", "blue"), "test");
    EXPECT_TRUE(again) << again.error().what;

    Proxy third(two.executor, two.registry);  // comes to the same end from the store alone
    co_await third.start();
    EXPECT_TRUE(third.knows("one"));
    EXPECT_FALSE(third.knows("a-evil") || third.knows("b-evil"));
    EXPECT_TRUE(third.reconciler.set_aside().contains("a-evil"));
    co_await third.reconciler.stop();

    co_await two.a.reconciler.remove("b-evil", "test");
    co_await two.a.reconciler.remove("one", "test");
    co_await eventually([&] { return two.both_know("a-evil"); }, "the route is free now");
  });
}

TEST(Owners, ARecordThatIsChangedByHandToAnothersRouteIsSetAside) {
  with_two([](TwoProxies& two) -> Task<> {
    co_await two.a.reconciler.reconfigure(definition("first", "/first"), "test");
    co_await two.a.reconciler.reconfigure(definition("one", "/one"), "test");
    co_await eventually([&] { return two.both_know("one"); }, "both serve it");
    two.registry.set("docker-flow/first/path", "/one");  // older than `one`, but not with this route
    co_await eventually(
        [&] {
          return two.a.reconciler.set_aside().contains("first") &&
                 two.b.reconciler.set_aside().contains("first");
        },
        "both set it aside");
    EXPECT_TRUE(two.both_know("one"));
    EXPECT_EQ(two.a.driver.applied().services.at("first").definition.paths.at(0), "/first");
    Proxy third(two.executor, two.registry);
    co_await third.start();
    EXPECT_TRUE(third.knows("one"));
    EXPECT_FALSE(third.knows("first"));
    co_await third.reconciler.stop();
  });
}

TEST(Owners, OfTwoStoredClaimsTheOlderIsServedOnAllProxies) {
  with_two([](TwoProxies& two) -> Task<> {
    registry::DefinitionStore other(two.registry, "docker-flow");
    for (std::string name : {"b", "a"}) {  // b is older; nobody guarded it, as after a loss of the registry
      model::Service service;
      service.definition = definition(name, "/x");
      co_await other.put(service, 0, Deadline::after(1s), {.renew = true});
    }
    co_await eventually([&] { return two.both_know("b") && two.both_set_aside("a"); }, "b is served");
  });
}

TEST(Owners, TheTextOfAForeignTemplateIsMadeAnew) {
  with_two([](TwoProxies& two) -> Task<> {
    two.b.renderer.result = fail(Errc::InvalidArgument, "evil.tmpl: no such file");
    model::Service evil;
    evil.definition = templated("evil");
    evil.rendered = "frontend x\n  use_backend evil\n";
    co_await write_foreign(&two.registry, evil);
    co_await eventually([&] { return two.a.knows("evil"); }, "a has such a template");
    EXPECT_EQ(two.a.driver.applied().services.at("evil").rendered, "backend x\n");
    co_await eventually([&] { return two.b.reconciler.set_aside().contains("evil"); }, "b has none");
    EXPECT_FALSE(two.b.knows("evil"));
    Proxy third(two.executor, two.registry);
    third.renderer.result = fail(Errc::InvalidArgument, "evil.tmpl: no such file");
    co_await third.start();
    EXPECT_FALSE(third.knows("evil"));
    co_await third.reconciler.stop();
  });
}

TEST(Owners, ARouteIsTakenOverOnlyWhereThatIsAskedFor) {
  with_two([](TwoProxies& two) -> Task<> {
    co_await two.a.reconciler.reconfigure(definition("owner", "/x"), "test");
    auto taker = definition("taker", "/x");
    taker.acl_name = "0";
    auto refused = co_await two.a.reconciler.reconfigure(taker, "test");
    EXPECT_THAT(refused.error().what, HasSubstr("belongs to service owner"));
    taker.take_over = true;
    auto taken = co_await two.a.reconciler.reconfigure(taker, "test");
    EXPECT_TRUE(taken) << taken.error().what;
    co_await eventually([&] { return two.both_know("taker"); }, "b follows");
    auto owner = co_await two.b.reconciler.reconfigure(definition("owner", "/x", "blue"), "test");
    EXPECT_TRUE(owner) << owner.error().what;
    Proxy third(two.executor, two.registry);
    co_await third.start();
    EXPECT_TRUE(third.knows("owner") && third.knows("taker"));
    co_await third.reconciler.stop();
  });
}

}  // namespace
}  // namespace dfp::reconcile
