#include "reconcile/start_sources.hpp"

#include <algorithm>

#include "reconcile/proxy_driver.hpp"

namespace dfp::reconcile {
namespace {

class Combination {
 public:
  explicit Combination(const StartSources& sources) : sources_(sources) {}

  KnownState take() {
    const auto* registry = sources_.registry;
    if (registry) take_registry(*registry);
    bool whole = registry && sources_.accept_registry;
    bool readable = registry && !registry->blank;
    if (!readable && !whole)
      for (const auto& [name, reason] : sources_.last_known.broken)
        state_.set_aside.emplace(name, "last known state: " + reason);
    add(sources_.last_known.state, Origin::LastKnown);
    add(sources_.found, Origin::Proxy);
    if (readable)
      for (const auto& [name, origin] : state_.origins)
        if (!registry->broken.contains(name) && !invalid_.contains(name)) state_.missing.insert(name);
    auto is_last_known = [](const auto& entry) { return entry.second == Origin::LastKnown; };
    state_.in_step = registry && (readable || whole || state_.wanted.services.empty() ||
                                  std::ranges::any_of(state_.origins, is_last_known));
    return std::move(state_);
  }

 private:
  void take_registry(const registry::StoreSnapshot& registry) {
    state_.set_aside = registry.broken;
    for (const auto& [name, stored] : registry.services) {
      if (auto valid = model::validate(stored.service.definition); !valid) {
        state_.set_aside[name] = valid.error().what;
        invalid_.insert(name);
        continue;
      }
      state_.wanted.services.emplace(name, stored.service);
      state_.versions.emplace(name, stored.version);
    }
  }

  /// Only what no earlier source knows; a record that cannot be read is no knowledge.
  void add(const model::DesiredState& source, Origin origin) {
    for (const auto& [name, service] : source.services) {
      bool lost_or_away = !sources_.registry || !sources_.accept_registry;
      bool unreadable =
          sources_.registry && (sources_.registry->broken.contains(name) || invalid_.contains(name));
      if (!lost_or_away && !unreadable) continue;  // the operator says that it is gone
      if (!model::validate(service.definition)) continue;
      if (!state_.wanted.services.emplace(name, service).second) continue;
      // What was found once and kept as last known is no better known for that.
      state_.origins.emplace(name, service.changed_by == kFoundAuthor ? Origin::Proxy : origin);
    }
  }

  const StartSources& sources_;
  std::set<std::string> invalid_;  ///< services of the registry that may not be served
  KnownState state_;
};

}  // namespace

KnownState combine(const StartSources& sources) { return Combination(sources).take(); }

}  // namespace dfp::reconcile
