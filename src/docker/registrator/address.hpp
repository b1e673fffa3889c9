#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "docker/engine_types.hpp"
#include "docker/registrator/options.hpp"

namespace dfp::docker::registrator {

/// What is known of the host that the containers run on.
struct HostFacts {
  std::string hostname = {};  ///< first part of ids; the mark of own entries
  std::string ip = {};        ///< used for what is published on every address; empty: unknown
};

struct Place {
  std::string address = {};
  std::uint16_t port = 0;
  bool operator==(const Place&) const = default;
};

struct Subject {
  const Container& container;
  /// The one whose network it shares (network mode "container:ID"), if any.
  const Container* joined = nullptr;
  /// The engine's own words about the container, JSON; only where tags come from a template.
  std::string_view inspected = {};
};

/// Whether a port counts: it is published, or the container uses the host's network, or shares another
/// container's; with `internal` every exposed one.
bool is_eligible(const Subject& subject, PortKey port, const Options& options);

/// Where a port of a container can be reached.
/// Source: Registrator, "Container options", "-internal", "-useIpFromLabel", with these differences: an
/// address on a user-defined network never goes with a host's port; with `internal` the network is chosen by
/// the same rule every time (the option, else the default bridge, else the container's own network mode, else
/// the first by name, never a swarm's ingress) and the host's network gives the host's address.
/// @return InvalidArgument with the reason when there is no usable address.
Result<Place> place_of(const Subject& subject, PortKey port, const Options& options, const HostFacts& host);

}  // namespace dfp::docker::registrator
