#include "reconcile/orders.hpp"

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
using testing::with_registry;

TEST(Orders, AnOlderOneIsRefusedAfterALaterOne) {
  Orders orders;
  Orders::Ticket older(orders, "a"), other(orders, "b");
  {
    Orders::Ticket later(orders, "a");
    EXPECT_TRUE(later.check());
    later.carried_out();
  }
  EXPECT_EQ(older.check().error().code, Errc::Conflict);
  EXPECT_TRUE(other.check());
  EXPECT_TRUE(Orders::Ticket(orders, "a").check());
}

TEST(Orders, WhatAnotherProxyDidCountsOnlyForWhoHasWaited) {
  Orders orders;
  Orders::Ticket waiting(orders, "a");
  orders.changed_elsewhere("a");
  orders.changed_elsewhere("unknown");
  EXPECT_TRUE(waiting.check());
  EXPECT_EQ(waiting.check_after_wait().error().code, Errc::Conflict);
  EXPECT_TRUE(Orders::Ticket(orders, "a").check_after_wait());
}

/// "Deploy green when it is healthy", which it is not yet.
struct WaitingGreen {
  WaitingGreen(Executor executor, Proxy& p, FakeRegistry& registry) : proxy(p) {
    registry.put_instance(instance("go-demo-green", "g"));
    registry.put_instance(instance("go-demo-red", "r"));
    proxy.driver.sick = {"g"};
    spawn(executor, ask(this), "green");
  }
  static Task<> ask(WaitingGreen* self) {
    RequestContext context{.left = self->client.get_token(), .has_left = [self] { return self->has_left; }};
    auto done = co_await self->proxy.reconciler.reconfigure(definition("go-demo", "/demo", "green"), "test",
                                                            {.healthy_within = 10s}, context);
    self->answer = std::move(done);
  }
  /// Until the first check was bad.
  Task<> begun() {
    co_await eventually([&] { return proxy.driver.checks > 0; }, "green is checked");
  }
  Task<> answered() {
    proxy.driver.sick.clear();
    co_await eventually([&] { return answer.has_value(); }, "green is answered");
  }
  std::string color() const { return proxy.driver.applied().services.at("go-demo").definition.color; }

  Proxy& proxy;
  std::stop_source client;
  bool has_left = false;  ///< what a look at the client's connection says
  std::optional<Result<Outcome>> answer;
};

void with_waiting_green(std::function<Task<>(WaitingGreen&, FakeRegistry&)> body) {
  with_registry([&](Executor executor, FakeRegistry& registry) -> Task<> {
    Proxy proxy(executor, registry);
    co_await proxy.start();
    WaitingGreen green(executor, proxy, registry);
    co_await green.begun();
    co_await body(green, registry);
    co_await proxy.reconciler.stop();
  });
}

TEST(Orders, GreenThatWaitedDoesNotReplaceRedThatWasOrderedMeanwhile) {
  with_waiting_green([](WaitingGreen& green, FakeRegistry&) -> Task<> {
    auto red = co_await green.proxy.reconciler.reconfigure(definition("go-demo", "/demo", "red"), "test");
    EXPECT_TRUE(red) << red.error().what;
    co_await green.answered();
    EXPECT_EQ(green.answer->error().code, Errc::Conflict);
    EXPECT_THAT(green.answer->error().what, HasSubstr("a later request has changed service go-demo"));
    EXPECT_EQ(green.color(), "red");
  });
}

TEST(Orders, GreenThatWaitedDoesNotBringARemovedServiceBack) {
  with_waiting_green([](WaitingGreen& green, FakeRegistry&) -> Task<> {
    co_await green.proxy.reconciler.remove("go-demo", "test");
    co_await green.answered();
    EXPECT_EQ(green.answer->error().code, Errc::Conflict);
    EXPECT_FALSE(green.proxy.knows("go-demo"));
  });
}

TEST(Orders, GreenWhoseClientHasGoneIsDropped) {
  with_waiting_green([](WaitingGreen& green, FakeRegistry&) -> Task<> {
    green.client.request_stop();
    co_await green.answered();
    EXPECT_EQ(green.answer->error().code, Errc::Cancelled);
    EXPECT_FALSE(green.proxy.knows("go-demo"));
  });
}

TEST(Orders, GreenIsDroppedForAClientThatLeavesInTheMomentOfTheGoodCheck) {
  with_waiting_green([](WaitingGreen& green, FakeRegistry&) -> Task<> {
    green.has_left = true;  // and nobody has been told so
    co_await green.answered();
    EXPECT_EQ(green.answer->error().code, Errc::Cancelled);
    EXPECT_FALSE(green.proxy.knows("go-demo"));
  });
}

TEST(Orders, GreenThatWaitedDoesNotReplaceWhatAnotherProxyOrdered) {
  with_waiting_green([](WaitingGreen& green, FakeRegistry& registry) -> Task<> {
    registry::DefinitionStore other(registry, "docker-flow");
    model::Service red;
    red.definition = definition("go-demo", "/demo", "red");
    co_await other.put(red, 0, Deadline::after(1s));
    co_await eventually([&] { return green.proxy.knows("go-demo"); }, "the other's order is served");
    co_await green.answered();
    EXPECT_EQ(green.answer->error().code, Errc::Conflict);
    EXPECT_EQ(green.color(), "red");
  });
}

/// Holds the turn with a change of service "busy".
struct BusyProxy {
  BusyProxy(Executor e, Proxy& p) : executor(e), proxy(p), open(e) {
    proxy.driver.on_apply = [this](const model::Change& change) -> Task<> {
      if (change.contains("busy")) co_await open.wait(Deadline::after(5s));
    };
    order(definition("busy", "/busy"), {}, &busy);
  }
  void order(model::Definition d, RequestContext context, std::optional<Errc>* ended) {
    auto ask = [](BusyProxy* self, model::Definition wanted, RequestContext c,
                  std::optional<Errc>* end) -> Task<> {
      auto done = co_await self->proxy.reconciler.reconfigure(std::move(wanted), "test", {}, c);
      *end = done ? Errc::NotFound : done.error().code;  // NotFound: no failure
    };
    spawn(executor, ask(this, std::move(d), context, ended), "order");
  }
  Executor executor;
  Proxy& proxy;
  Signal open;
  std::optional<Errc> busy;
};

TEST(Requests, WhoseClientLeavesTheQueueIsNotCarriedOut) {
  with_registry([](Executor executor, FakeRegistry& registry) -> Task<> {
    Proxy proxy(executor, registry);
    co_await proxy.start();
    BusyProxy holder(executor, proxy);
    co_await eventually([&] { return proxy.driver.applies == 1; }, "the turn is held");
    std::stop_source client;
    std::optional<Errc> gone;
    holder.order(definition("gone", "/gone"), {.left = client.get_token()}, &gone);
    auto removal = [](Proxy* p, RequestContext context) -> Task<> {
      auto removed = co_await p->reconciler.remove("busy", "test", context);
      EXPECT_EQ(removed.error().code, Errc::Cancelled);
    };
    spawn(executor, removal(&proxy, {.left = client.get_token()}), "remove");
    co_await sleep_for(1ms);
    client.request_stop();
    co_await eventually([&] { return gone.has_value(); }, "it is over at once, while others work");
    EXPECT_EQ(gone, Errc::Cancelled);
    holder.open.notify_all();
    co_await eventually([&] { return holder.busy.has_value(); }, "the other is done");
    co_await proxy.reconciler.stop();
    EXPECT_TRUE(proxy.knows("busy"));
    EXPECT_FALSE(proxy.knows("gone"));
  });
}

TEST(Requests, TheConnectionIsLookedAtUnlessTheyAreCarriedOutAtOnce) {
  RequestContext context{.has_left = [] { return true; }};
  EXPECT_TRUE(context.still_wanted()) << "its client may have ended its sending side only";
  context.arrived -= RequestContext::kAtOnce;
  EXPECT_EQ(context.still_wanted().error().code, Errc::Cancelled);
}

TEST(Requests, TheTimeLimitCoversTheQueue) {
  with_registry([](Executor executor, FakeRegistry& registry) -> Task<> {
    Proxy proxy(executor, registry);
    co_await proxy.start();
    BusyProxy holder(executor, proxy);
    co_await eventually([&] { return proxy.driver.applies == 1; }, "the turn is held");
    std::optional<Errc> late;
    holder.order(definition("late", "/late"), {.deadline = Deadline::after(30ms)}, &late);
    co_await eventually([&] { return late.has_value(); }, "it does not wait for ever");
    EXPECT_EQ(late, Errc::Timeout);
    EXPECT_FALSE(holder.busy) << "the other is still at work";
    holder.open.notify_all();
    co_await eventually([&] { return holder.busy.has_value(); }, "the other is done");
    co_await proxy.reconciler.stop();
    EXPECT_FALSE(proxy.knows("late"));
  });
}

}  // namespace
}  // namespace dfp::reconcile
