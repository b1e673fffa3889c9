// What was applied and kept is never taken back.
#include "reconcile/testing/proxy_rig.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;
using testing::definition;
using testing::eventually;
using testing::instance;
using testing::Proxy;
using testing::with_proxy;
using testing::with_two_proxies;

/// Spawns a request that nobody waits for.
void order(Executor executor, Proxy* proxy, model::Definition definition, int* answered) {
  auto request = [](Proxy* p, model::Definition d, int* count) -> Task<> {
    auto done = co_await p->reconciler.reconfigure(std::move(d), "test");
    EXPECT_TRUE(done) << done.error().what;
    ++*count;
  };
  spawn(executor, request(proxy, std::move(definition), answered), "order");
}

/// The store is read while two requests wait for their turn: the first replaces `a`, the second finds another
/// proxy's record, so that it reads the store itself. What was read before both is then older than what is
/// served.
TEST(Monotone, ASnapshotFromBeforeTheTurnNeverReplacesANewerOne) {
  testing::with_registry([](Executor executor, auto& registry) -> Task<> {
    Proxy proxy(executor, registry);
    co_await proxy.start();
    registry.put_instance(instance("a", "1"));
    for (auto name : {"a", "x"})
      co_await proxy.reconciler.reconfigure(definition(name, std::string("/") + name), "test");
    auto stored = co_await proxy.store.load(Deadline::after(1s));
    co_await sleep_for(700ms);  // the pause behind own writes has passed: the store is watched

    Signal open(executor);
    bool closed = true;
    std::vector<std::size_t> served;  // instances of `a`, as they were applied
    proxy.driver.on_apply = [&](const model::Change& change) -> Task<> {
      if (change.contains("c") && closed) co_await open.wait(Deadline::after(5s));
      if (auto a = change.find("a"); a != change.end()) served.push_back(a->second->instances.size());
    };
    int answered = 0;
    order(executor, &proxy, definition("c", "/c"), &answered);
    co_await eventually([&] { return proxy.driver.applies == 3; }, "c holds the turn");
    registry.put_instance(instance("a", "2"));
    order(executor, &proxy, definition("a", "/a"), &answered);
    order(executor, &proxy, definition("x", "/x-ours"), &answered);
    auto lists = registry.calls(registry::testing::Call::List);
    registry::DefinitionStore other(registry, "docker-flow");
    auto foreign = stored->services.at("x");
    foreign.service.definition.paths = {"/x-theirs"};
    foreign.service.revision = 7;
    auto put = co_await other.put(foreign.service, foreign.version, Deadline::after(1s));
    EXPECT_TRUE(put) << put.error().what;
    co_await eventually([&] { return registry.calls(registry::testing::Call::List) > lists; }, "it was read");
    closed = false;
    open.notify_all();
    co_await eventually([&] { return answered == 3; }, "all requests are answered");
    lists = registry.calls(registry::testing::Call::List);
    co_await sleep_for(100ms);
    EXPECT_EQ(served, std::vector<std::size_t>{2}) << "the old record of a was applied after the new one";
    co_await proxy.reconciler.stop();
  });
}

/// HAProxy did not take a foreign change in time: the change is not lost, though only instances differ.
TEST(Monotone, AForeignChangeThatCouldNotBeAppliedIsTriedAgain) {
  with_two_proxies([](Proxy& a, Proxy& b, auto& registry) -> Task<> {
    registry.put_instance(instance("go-demo", "1"));
    co_await a.reconciler.reconfigure(definition("go-demo"), "test");
    co_await eventually([&] { return b.serving("go-demo") == 1; }, "b follows");
    b.driver.outcomes = {Error{Errc::Unavailable, "haproxy: no answer"}};
    registry.put_instance(instance("go-demo", "2"));
    co_await a.reconciler.reconfigure(definition("go-demo"), "test");
    co_await eventually([&] { return b.serving("go-demo") == 2; }, "b has tried again");
  });
}

/// Both proxies go on with what they serve; the numbers by which they knew their own writes mean nothing now.
TEST(Monotone, ARegistryThatBeginsToCountAnewIsBelievedAgain) {
  with_two_proxies([](Proxy& a, Proxy& b, auto& registry) -> Task<> {
    registry.put_instance(instance("x", "1"));
    for (int n = 0; n < 20; ++n) {
      auto done = co_await b.reconciler.reconfigure(definition("x", "/" + std::to_string(n)), "test");
      EXPECT_TRUE(done) << done.error().what;
    }
    registry.restart_history();
    auto last = co_await a.reconciler.reconfigure(definition("x", "/last"), "test");
    EXPECT_TRUE(last) << last.error().what;
    auto follows = [&] { return b.driver.applied().services.at("x").definition.paths[0] == "/last"; };
    co_await eventually(follows, "b serves what a has written");
  });
}

}  // namespace
}  // namespace dfp::reconcile
