// What the proxy refuses in the middle of a change: the registry and the proxy must agree again afterwards.
#include <gtest/gtest.h>

#include "reconcile/testing/proxy_rig.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;
using namespace testing;
using registry::testing::Call;

const Error kRefused{Errc::Rejected, "haproxy: no"};
const Error kLate{Errc::Timeout, "haproxy did not answer"};

/// What the registry has for the service; empty when it has nothing.
Task<std::string> kept_path(Proxy& proxy, std::string service) {
  auto snapshot = co_await proxy.store.load(Deadline::after(1s));
  if (!snapshot) co_return snapshot.error().what;
  auto found = snapshot->services.find(service);
  co_return found == snapshot->services.end() ? "" : found->second.service.definition.paths[0];
}

std::string served_path(const Proxy& proxy, const std::string& service) {
  auto found = proxy.driver.applied().services.find(service);
  return found == proxy.driver.applied().services.end() ? "" : found->second.definition.paths[0];
}

/// Removes a service from a proxy that comes to `outcome`: everything is as before, and later it can be
/// removed.
void expect_kept(Error outcome) {
  with_proxy([outcome](Proxy& proxy, auto& registry) -> Task<> {
    registry.put_instance(instance("go-demo", "1"));
    co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    proxy.driver.outcomes = {outcome};
    auto removed = co_await proxy.reconciler.remove("go-demo", "test");
    EXPECT_FALSE(removed);
    if (!removed) EXPECT_EQ(removed.error().code, outcome.code);
    EXPECT_EQ(served_path(proxy, "go-demo"), "/demo");
    auto kept = co_await kept_path(proxy, "go-demo");
    EXPECT_EQ(kept, "/demo");
    auto again = co_await proxy.reconciler.remove("go-demo", "test");
    EXPECT_TRUE(again) << again.error().what;
    EXPECT_FALSE(proxy.knows("go-demo"));
  });
}

TEST(Refusal, ARemovalThatTheProxyRefusesIsPutBackInTheRegistry) { expect_kept(kRefused); }

TEST(Refusal, ARemovalThatTheProxyIsTooLateForIsPutBackInTheRegistry) { expect_kept(kLate); }

TEST(Refusal, ARemovalThatCannotBePutBackIsMadeByTheNextLookAndSaysSo) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
    registry.put_instance(instance("go-demo", "1"));
    registry.put_instance(instance("other", "2"));
    co_await proxy.reconciler.reconfigure(definition("other", "/other"), "test");
    co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    // The proxy takes its time to refuse; meanwhile the registry stops to write.
    proxy.driver.outcomes = {kRefused};
    proxy.driver.on_failure = [&registry] {
      registry.fail_next(1, {Errc::Unavailable, "gone"}, Call::Transact);
    };
    auto removed = co_await proxy.reconciler.remove("go-demo", "test");
    EXPECT_FALSE(removed);
    EXPECT_NE(removed.error().what.find("it is no longer in the registry"), std::string::npos)
        << removed.error().what;
    co_await eventually([&] { return !proxy.knows("go-demo"); }, "the service goes");
    EXPECT_EQ(served_path(proxy, "other"), "/other");
  });
}

/// A change that the registry does not keep and that the proxy cannot take back.
void expect_repaired(Error outcome) {
  with_proxy([outcome](Proxy& proxy, auto& registry) -> Task<> {
    registry.put_instance(instance("go-demo", "1"));
    co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    proxy.driver.outcomes = {std::nullopt, outcome};
    registry.fail_next(1, {Errc::Unavailable, "gone"}, Call::Transact);
    auto changed = co_await proxy.reconciler.reconfigure(definition("go-demo", "/new"), "test");
    EXPECT_FALSE(changed);
    co_await eventually([&] { return served_path(proxy, "go-demo") == "/demo"; }, "the old path is served");
    auto kept = co_await kept_path(proxy, "go-demo");
    EXPECT_EQ(kept, "/demo");
  });
}

TEST(Refusal, AnUndoThatTheProxyRefusesIsRepairedFromTheRegistry) { expect_repaired(kRefused); }

TEST(Refusal, AnUndoThatTheProxyIsTooLateForIsRepairedFromTheRegistry) { expect_repaired(kLate); }

TEST(Refusal, ANewServiceThatIsNeitherKeptNorTakenBackGoes) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
    registry.put_instance(instance("go-demo", "1"));
    registry.put_instance(instance("other", "2"));
    co_await proxy.reconciler.reconfigure(definition("other", "/other"), "test");
    proxy.driver.outcomes = {std::nullopt, kRefused};
    registry.fail_next(1, {Errc::Unavailable, "gone"}, Call::Transact);
    auto changed = co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    EXPECT_FALSE(changed);
    co_await eventually([&] { return !proxy.knows("go-demo"); }, "the service goes");
    EXPECT_EQ(served_path(proxy, "other"), "/other");
  });
}

TEST(Refusal, WhatTheProxyCannotDoIsPassedOnAndChangesNothing) {
  with_proxy([](Proxy& proxy, auto& registry) -> Task<> {
    registry.put_instance(instance("go-demo", "1"));
    co_await proxy.reconciler.reconfigure(definition("go-demo"), "test");
    for (auto call : {"reload", "examine", "differences"}) proxy.driver.failures.emplace(call, kLate);
    auto reloaded = co_await proxy.reconciler.reload(true);
    EXPECT_EQ(reloaded.error(), kLate);
    auto previewed = co_await proxy.reconciler.preview(definition("go-demo", "/other"));
    EXPECT_EQ(previewed.error().code, Errc::Timeout);
    auto differences = co_await proxy.reconciler.differences(Deadline::after(1s));
    EXPECT_EQ(differences.error(), kLate);
    EXPECT_EQ(served_path(proxy, "go-demo"), "/demo");
    EXPECT_EQ(proxy.driver.recreations, 0);
  });
}

}  // namespace
}  // namespace dfp::reconcile
