#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "docker/registrator/desired.hpp"

namespace dfp::docker::registrator {

using Registrations = std::map<std::string, registry::Registration>;  ///< by the instance's id

/// What has to be told to the registry.
struct RegistryPlan {
  std::vector<registry::Registration> enroll;
  std::vector<registry::Registration> renew;
  std::vector<model::Instance> remove;
};

/// What a plan is made from.
struct Situation {
  const Registrations& desired;
  const std::vector<model::Instance>& listed;  ///< what the registry has
  const Registrations& told;                   ///< what was told to it since the start of this process
  bool renewal_due = false;
  bool cleanup = false;
  std::string hostname;
};

/// Compares what should be in the registry with what is there. Only entries with this host's mark are removed
/// (and, with `cleanup`, those that another Registrator left for this host). Everything is told once after
/// the start, since a registry cannot be asked for the checks of an entry.
RegistryPlan plan_of(const Situation& situation);

}  // namespace dfp::docker::registrator
