#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.hpp"
#include "base/wait.hpp"
#include "net/testing/http_imposter.hpp"
#include "registry/consul/consul.hpp"
#include "registry/testing/conformance.hpp"

/// For tests only: questions of templates, to a scripted Consul.
namespace dfp::registry::consul::testing {
using net::HttpRequest, net::HttpResponse, net::testing::HttpImposter;

inline HttpResponse answer(std::string body, std::string index = "10", int status = 200) {
  return HttpResponse(status, std::move(body),
                      {{"X-Consul-Index", std::move(index)}, {"X-Consul-Knownleader", "true"}});
}

inline constexpr auto kOne =
    R"([{"Node":{"Node":"n","Address":"10.0.0.1"},"Service":{"ID":"a","Service":"web","Port":80},"Checks":[]}])";

/// A scripted Consul and a source that asks it.
struct Stage {
  explicit Stage(Executor executor) : Stage(executor, {}) {}
  Stage(Executor executor, std::vector<net::Endpoint> others) : server(executor) {
    ConsulOptions options;
    options.addresses = {server.endpoint()};
    options.addresses.insert(options.addresses.end(), others.begin(), others.end());
    consul = std::make_unique<Consul>(executor, options);
  }
  TemplateSource& source() { return consul->template_source(); }

  HttpImposter server;
  std::unique_ptr<Consul> consul;
};

inline void play(Task<> (*scenario)(Executor)) { dfp::testing::run(scenario); }

template <class T>
const T& data(const SourceAnswer& given) {
  return std::get<T>(given.data);
}

}  // namespace dfp::registry::consul::testing
