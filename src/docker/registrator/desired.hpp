#pragma once
#include <functional>
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

/// Renders the option `tags` where it is a template.
/// @param inspected see Subject
/// @return the text, not split at its commas yet.
using TagsTemplate = std::function<Result<std::string>(std::string_view inspected)>;

/// The rules of Registrator (names, ids, tags, attributes, checks) for one running container.
/// @param tags none: the options' plain tags. When it fails nothing of the container is registered.
Desired desired_of(const Subject& subject, const Options& options, const HostFacts& host,
                   const TagsTemplate& tags = {});

/// Whether an entry without our mark was written by Registrator for this host: its id is
/// "HOSTNAME:NAME:PORT[:udp]".
bool is_foreign_entry_of(const model::Instance& instance, const std::string& hostname);

}  // namespace dfp::docker::registrator
