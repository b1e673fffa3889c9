#pragma once
#include <optional>
#include <string>

#include "docker/engine_types.hpp"
#include "net/endpoint.hpp"

namespace dfp::docker {

/// The own name of this machine or container.
std::string own_hostname();

/// The address from which this machine sends to `target` (a literal address or name; nothing is sent),
/// without loopback addresses. nullopt when there is no way to it, or for a unix socket.
std::optional<std::string> source_address(const net::Endpoint& target);

/// The first address of the target as a number; nullopt when its name is not known, or for a unix socket. May
/// wait for a name server.
std::optional<std::string> numeric_address(const net::Endpoint& target);

/// The address under which others reach the engine's host: its address in the swarm, else the one that this
/// process sends from, provided that it runs in the host's own network. Empty when neither is known. Never a
/// loopback address, which a host's own name often resolves to.
/// @param peer somebody who is to reach the host: the registry
std::string host_address(const EngineInfo& engine, const std::string& own_name, const net::Endpoint& peer);

}  // namespace dfp::docker
