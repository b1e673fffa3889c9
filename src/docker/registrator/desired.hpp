#pragma once
#include <map>
#include <string>
#include <vector>

#include "docker/registrator/address.hpp"
#include "registry/registration.hpp"

namespace dfp::docker::registrator {

/// Meta of an instance that a registrator wrote: whose it is ("HOSTNAME"), and the container's short id.
constexpr std::string_view kOwnerMeta = "dfp-registrator";
constexpr std::string_view kContainerMeta = "dfp-container";

/// What a container should have in the registry.
struct Desired {
  std::vector<registry::Registration> registrations;
  /// Why something of it is not registered, or not as was asked; one sentence each. A container without a
  /// published port is no problem.
  std::vector<std::string> problems;
};

/// The rules of Registrator (names, ids, tags, attributes, checks) for one running container.
Desired desired_of(const Subject& subject, const Options& options, const HostFacts& host);

/// Whether an entry without our mark was written by Registrator for this host: its id is
/// "HOSTNAME:NAME:PORT[:udp]".
bool is_foreign_entry_of(const model::Instance& instance, const std::string& hostname);

}  // namespace dfp::docker::registrator
