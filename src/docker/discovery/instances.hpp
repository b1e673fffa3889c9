#pragma once
#include <string>
#include <vector>

#include "base/result.hpp"
#include "docker/discovery/view.hpp"
#include "model/definition.hpp"
#include "model/instance.hpp"

namespace dfp::docker::discovery {

/// Meta of an instance that came from an engine: "swarm" or "container".
constexpr std::string_view kOriginMeta = "docker";

/// Whether this is no copy but the virtual IP of a service.
bool is_virtual(const model::Instance& instance);

/// The instances of a service for a definition, sorted by (node, id): every usable copy, at its address in
/// the definition's network, else in a network that the proxy is in too, else where its port is published on
/// its node; with discoveryType=overlay the virtual IP alone. Where destinations have several ports, once for
/// each of them, with that as requested_port.
/// @param preferred_network of the settings; used where the definition names none
/// @return InvalidArgument, naming the parameter, when the port is not clear, or when no usable copy can be
/// reached.
Result<std::vector<model::Instance>> instances_of(const View& view, const ServiceView& service,
                                                  const model::Definition& definition,
                                                  const std::string& preferred_network);

}  // namespace dfp::docker::discovery
