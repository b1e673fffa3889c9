#pragma once
#include <gtest/gtest.h>

#include "base/testing.hpp"
#include "reconcile/reconciler.hpp"
#include "reconcile/testing/fake_driver.hpp"
#include "registry/testing/fake_registry.hpp"

/// For tests: proxies in memory over one registry in memory.
namespace dfp::reconcile::testing {
using namespace std::chrono_literals;

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

  FakeDriver driver;
  FakeRenderer renderer;
  registry::DefinitionStore store;
  Reconciler reconciler;
};

/// Waits until `condition` holds; a failure after 5 s.
inline Task<> eventually(std::function<bool()> condition, std::string what) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) co_return;
    co_await sleep_for(5ms);
  }
  ADD_FAILURE() << "never happened: " << what;
}

/// Runs `body(executor, registry)` on a fresh executor.
inline void with_registry(std::function<Task<>(Executor, registry::testing::FakeRegistry&)> body) {
  dfp::testing::run([&](Executor executor) -> Task<> {
    auto registry = std::make_shared<registry::testing::FakeRegistry>(executor);
    co_await body(executor, *registry);
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
