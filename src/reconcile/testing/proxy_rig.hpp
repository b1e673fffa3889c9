#pragma once
#include <gtest/gtest.h>

#include "base/eventually.hpp"
#include "base/testing.hpp"
#include "reconcile/reconciler.hpp"
#include "reconcile/testing/fake_driver.hpp"
#include "registry/testing/fake_registry.hpp"

/// For tests: proxies in memory over one registry in memory.
namespace dfp::reconcile::testing {
using namespace std::chrono_literals;
using dfp::testing::eventually;
using registry::testing::FakeRegistry;

inline model::Instance instance(std::string service, std::string id, std::uint16_t port = 8080) {
  model::Instance i;
  i.service = std::move(service);
  i.node = "node-1";
  i.id = std::move(id);
  i.address = "127.0.0.1";
  i.port = port;
  return i;
}

inline model::Definition definition(std::string service, std::string path = "/demo", std::string color = "") {
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

/// What a test may want otherwise.
struct ProxyOptions {
  std::string last_known_file = "";
  bool follow_health = false;
  bool accept_registry = false;
  std::chrono::milliseconds shrink_hold = std::chrono::hours(1);
};

/// One proxy over a registry that it may share with others.
struct Proxy {
  Proxy(Executor executor, FakeRegistry& registry, ProxyOptions options = {})
      : store(registry, "docker-flow"),
        reconciler(executor, registry, store, driver, settings(std::move(options)), {&renderer, nullptr}) {}

  static ReconcilerSettings settings(ProxyOptions options) {
    ReconcilerSettings s;
    s.last_known_file = std::move(options.last_known_file);
    s.follow_health = options.follow_health;
    s.accept_registry = options.accept_registry;
    s.shrink_hold = options.shrink_hold;
    s.request_timeout = 2s;
    s.watch_span = 200ms;
    s.retry_first = 5ms;
    s.retry_last = 20ms;
    s.watch = {20ms, 100ms, 50ms, 1s, 5ms, 50ms};
    return s;
  }

  Task<> start() {
    auto started = co_await reconciler.start();
    EXPECT_TRUE(started) << started.error().what;
  }

  std::size_t serving(const std::string& service) const {
    auto found = driver.applied().services.find(service);
    return found == driver.applied().services.end() ? 0 : found->second.instances.size();
  }
  bool knows(const std::string& service) const { return driver.applied().services.contains(service); }

  FakeDriver driver;
  FakeRenderer renderer;
  registry::DefinitionStore store;
  Reconciler reconciler;
};

/// Runs `body(executor, registry)` on a fresh executor.
inline void with_registry(std::function<Task<>(Executor, FakeRegistry&)> body) {
  dfp::testing::run([&](Executor executor) -> Task<> {
    FakeRegistry registry(executor);
    co_await body(executor, registry);
  });
}

using ProxyBody = std::function<Task<>(Proxy&, FakeRegistry&)>;

/// Runs `body(proxy, registry)` with a started proxy, then stops it.
inline void with_proxy(ProxyOptions options, ProxyBody body) {
  with_registry([&](Executor executor, FakeRegistry& registry) -> Task<> {
    Proxy proxy(executor, registry, options);
    co_await proxy.start();
    co_await body(proxy, registry);
    co_await proxy.reconciler.stop();
  });
}
inline void with_proxy(ProxyBody body) { with_proxy({}, std::move(body)); }

/// The same with two proxies over one registry.
inline void with_two_proxies(std::function<Task<>(Proxy&, Proxy&, FakeRegistry&)> body) {
  with_registry([&](Executor executor, FakeRegistry& registry) -> Task<> {
    Proxy a(executor, registry);
    Proxy b(executor, registry);
    co_await a.start();
    co_await b.start();
    co_await body(a, b, registry);
    co_await a.reconciler.stop();
    co_await b.reconciler.stop();
  });
}

/// A service with a template of its name.
inline model::Definition templated(std::string service) {
  model::Definition d;
  d.service = std::move(service);
  d.consul_template_path = d.service + ".tmpl";
  return d;
}

/// The same with `watch`.
inline model::Definition watched(model::Definition d) {
  d.watch = true;
  return d;
}

}  // namespace dfp::reconcile::testing
