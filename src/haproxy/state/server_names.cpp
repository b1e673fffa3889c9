#include "haproxy/state/server_names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dfp::haproxy {

std::string KnownServer::address() const {
  if (!server) return "";
  bool v6 = server->address.contains(':');
  return v6 ? fmt::format("[{}]:{}", server->address, server->port)
            : fmt::format("{}:{}", server->address, server->port);
}

std::optional<model::DestinationName> find_destination(const BackendPool& pool, const std::string& backend) {
  auto* key = pool.destination_in(backend);
  return key ? model::parse_destination_key(*key) : std::nullopt;
}

std::optional<KnownServer> find_server(const AppliedState& applied, const BackendPool& pool,
                                       const std::string& backend, const std::string& server) {
  auto destination = find_destination(pool, backend);
  if (!destination) return std::nullopt;
  KnownServer found{*destination};
  if (auto wanted = applied.backends().find(*pool.destination_in(backend));
      wanted != applied.backends().end()) {
    const auto& servers = wanted->second.servers;
    auto named = std::ranges::find(servers, server, &config::Server::name);
    if (named != servers.end()) found.server = &*named;
  }
  return found;
}

}  // namespace dfp::haproxy
