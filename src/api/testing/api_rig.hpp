#pragma once
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <functional>
#include <string>

#include "api/api.hpp"
#include "base/testing.hpp"
#include "reconcile/testing/fake_driver.hpp"
#include "registry/testing/fake_registry.hpp"

namespace dfp::api::testing {
using namespace std::chrono_literals;

/// An API over a real reconciler, a registry in memory and a proxy in memory.
struct Rig {
  explicit Rig(Executor executor)
      : registry(executor),
        store(registry, "docker-flow"),
        reconciler(executor, registry, store, driver, settings()),
        api({reconciler, registry, &registry}) {}

  static reconcile::ReconcilerSettings settings() {
    reconcile::ReconcilerSettings s;
    s.request_timeout = 2s;
    s.watch_span = 200ms;
    s.retry_first = 5ms;
    s.retry_last = 20ms;
    return s;
  }

  /// Of `path` below /v1/docker-flow-proxy/.
  Task<net::HttpResponse> get(std::string path) {
    auto response = co_await raw("GET", "/v1/docker-flow-proxy/" + path);
    co_return response;
  }
  Task<net::HttpResponse> raw(std::string method, std::string target) {
    net::HttpRequest request(std::move(method), std::move(target));
    request.peer = "127.0.0.1:54321";
    auto response = co_await api.handle(std::move(request));
    co_return response;
  }

  void put_instance(std::string service, std::string id, std::uint16_t port = 8080,
                    std::string node = "node-1") {
    model::Instance i;
    i.service = std::move(service);
    i.node = std::move(node);
    i.id = std::move(id);
    i.address = "10.0.0.1";
    i.port = port;
    registry.put_instance(std::move(i));
  }

  registry::testing::FakeRegistry registry;
  reconcile::testing::FakeDriver driver;
  registry::DefinitionStore store;
  reconcile::Reconciler reconciler;
  Api api;
};

inline boost::json::object object_of(const net::HttpResponse& response) {
  return boost::json::parse(response.body).as_object();
}
inline std::string message_of(const net::HttpResponse& response) {
  return std::string(object_of(response).at("Message").as_string());
}
inline std::string text(const boost::json::object& object, std::string_view key) {
  return std::string(object.at(key).as_string());
}

/// Runs `body(rig)` with a started reconciler.
inline void with_api(std::function<Task<>(Rig&)> body) {
  dfp::testing::run([&](Executor executor) -> Task<> {
    Rig rig(executor);
    auto started = co_await rig.reconciler.start();
    EXPECT_TRUE(started);
    co_await body(rig);
    co_await rig.reconciler.stop();
  });
}

}  // namespace dfp::api::testing
