#pragma once
#include <map>
#include <set>
#include <string>

#include "reconcile/last_known_text.hpp"
#include "registry/definition_store.hpp"

namespace dfp::reconcile {

/// What is known about the services when the program starts. Not knowing is not "there is nothing": what one
/// source does not tell is taken from the next, service by service.
struct StartSources {
  const registry::StoreSnapshot* registry = nullptr;  ///< nullptr: it cannot be read
  LastKnownState last_known;
  model::DesiredState found;     ///< in a proxy that runs already
  bool accept_registry = false;  ///< what the registry says is all there is, an order of the operator
};

/// Where a service that is served comes from, where that is not the registry.
enum class StartSource { LastKnown, Proxy };

/// What is served after a start.
struct KnownState {
  model::DesiredState wanted;
  std::map<std::string, std::uint64_t> versions;  ///< of the services that the registry has so
  std::map<std::string, StartSource> taken_from;  ///< of the others
  std::map<std::string, std::string>
      set_aside;                  ///< what cannot be read, with the reason; perhaps served all the same
  std::set<std::string> missing;  ///< served, and the registry does not have them
  /// Whether enough is known to be called in step with the registry: it was read and is not blank, or the
  /// last known state says what is served, or nothing is served.
  bool in_step = false;
};

/// Puts the sources together. The first that knows a service says what it is: the registry, the last known
/// state, the proxy itself; of a last known state that was cut off, nothing that the proxy contradicts. A
/// registry that is blank says nothing. Where it is not, services that it does not
/// have are in `wanted` and in `missing`: a ShrinkGuard decides about them. Pure.
KnownState combine(const StartSources& sources);

}  // namespace dfp::reconcile
