#pragma once
#include <optional>
#include <string>

#include "haproxy/state/applied_state.hpp"
#include "haproxy/state/backend_pool.hpp"
#include "model/destination.hpp"

namespace dfp::haproxy {

/// What a name in the running worker stands for.
struct KnownServer {
  model::DestinationName destination;
  const config::Server* server = nullptr;  ///< nullptr: not one of the applied state, it is leaving

  /// ADDRESS:PORT, as in a URL; empty without a server.
  std::string address() const;
};

/// The destination that is in a backend of the worker.
std::optional<model::DestinationName> find_destination(const BackendPool& pool, const std::string& backend);
/// @return nullopt for a backend in which no destination is. Costs time in proportion to its servers.
std::optional<KnownServer> find_server(const AppliedState& applied, const BackendPool& pool,
                                       const std::string& backend, const std::string& server);

}  // namespace dfp::haproxy
