#pragma once
#include <optional>
#include <string>
#include <vector>

#include "net/endpoint.hpp"
#include "registry/catalog.hpp"

namespace dfp::app {

/// Addresses of the API of this proxy. A route to it would publish it to everybody, past everything that asks
/// who calls.
class OwnApi {
 public:
  /// @param names this machine's own, in lower case, beside localhost
  OwnApi(net::ListenAddress listening, std::vector<std::string> names);
  /// The port that was really taken, where any was asked for.
  void set_port(std::uint16_t port) { listening_.port = port; }
  /// Whether a connection to it would reach the API. Asks the system for its addresses; no name is resolved.
  /// @param port nothing: any port
  bool is(const std::string& host, std::optional<std::uint16_t> port) const;

 private:
  net::ListenAddress listening_;
  std::vector<std::string> names_;
};

/// A catalog whose instances are never the API of the proxy itself: who asks for a service with such an
/// instance gets InvalidArgument that names it.
class GuardedCatalog final : public registry::Catalog {
 public:
  /// Both must outlive it.
  GuardedCatalog(registry::Catalog& catalog, const OwnApi& api) : catalog_(catalog), api_(api) {}

  Task<Result<std::vector<model::Instance>>> instances(std::string service, Deadline deadline) override;
  Task<Result<std::vector<model::Instance>>> instances_for(model::Definition definition,
                                                           registry::Freshness freshness,
                                                           Deadline deadline) override;
  Task<Result<std::vector<std::string>>> services(Deadline deadline) override;
  Task<Result<registry::HealthReport>> health(std::uint64_t index, Deadline deadline) override;
  Task<Result<registry::AddressReport>> addresses(std::uint64_t index, Deadline deadline) override;

 private:
  registry::Catalog& catalog_;
  const OwnApi& api_;
};

}  // namespace dfp::app
