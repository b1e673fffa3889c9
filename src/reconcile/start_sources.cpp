#include "reconcile/start_sources.hpp"

#include <algorithm>
#include <set>

#include "model/route_table.hpp"
#include "reconcile/origin.hpp"

namespace dfp::reconcile {
namespace {

using Addresses = std::set<std::pair<std::string, std::uint16_t>>;

Addresses addresses_of(const model::Service& service) {
  Addresses addresses;
  for (const auto& instance : service.instances) addresses.emplace(instance.address, instance.port);
  return addresses;
}

/// The routes, without the order among equal ones: a proxy does not tell it.
std::set<std::string> routes_of(const model::Service& service) {
  std::set<std::string> keys;
  for (const auto& route : model::routes_of(service.definition)) keys.insert(model::route_key(route));
  return keys;
}

bool tells_another_color(const model::Definition& found, const model::Definition& known) {
  return !found.color.empty() && found.color != known.color;
}

/// A record that may be older than what the proxy serves, corrected by that. What a proxy does not tell
/// (aclName, watch, checks) stays as the record says.
model::Service corrected(const model::Service& old, const model::Service& found) {
  bool same_routes = old.definition.has_template() == found.definition.has_template() &&
                     old.rendered == found.rendered && routes_of(old) == routes_of(found);
  if (!same_routes) return found;
  if (addresses_of(old) == addresses_of(found) && !tells_another_color(found.definition, old.definition))
    return old;
  // Its instances are found's: by which port of a destination each was found, the record does not say.
  if (!old.definition.others.empty()) return found;
  auto service = found;
  service.definition = old.definition;
  service.definition.color = found.definition.color;
  service.definition.skip_check = found.definition.skip_check;
  return service;
}

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
    add(last_known(), StartSource::LastKnown);
    add(sources_.found, StartSource::Proxy);
    if (readable)
      for (const auto& [name, source] : state_.taken_from)
        if (!registry->broken.contains(name) && !invalid_.contains(name)) state_.missing.insert(name);
    auto is_last_known = [](const auto& entry) { return entry.second == StartSource::LastKnown; };
    state_.in_step = registry && (readable || whole || state_.wanted.services.empty() ||
                                  std::ranges::any_of(state_.taken_from, is_last_known));
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
  void add(const model::DesiredState& known, StartSource source) {
    for (const auto& [name, service] : known.services) {
      bool lost_or_away = !sources_.registry || !sources_.accept_registry;
      bool unreadable =
          sources_.registry && (sources_.registry->broken.contains(name) || invalid_.contains(name));
      if (!lost_or_away && !unreadable) continue;  // the operator says that it is gone
      if (!model::validate(service.definition)) continue;
      if (!state_.wanted.services.emplace(name, service).second) continue;
      bool is_found = Origin::kind_of(service.changed_by) == Origin::Kind::Found;
      // What was found once and kept as last known is no better known for that.
      state_.taken_from.emplace(name, is_found ? StartSource::Proxy : source);
    }
  }

  /// Of a text whose end is missing nothing is believed that a running proxy contradicts: the latest changes
  /// were acknowledged, and it serves them.
  model::DesiredState last_known() const {
    const auto& known = sources_.last_known;
    if (!known.cut || sources_.found.services.empty()) return known.state;
    model::DesiredState state;
    for (const auto& [name, service] : known.state.services)
      if (auto found = sources_.found.services.find(name); found != sources_.found.services.end())
        state.services.emplace(name, corrected(service, found->second));
    return state;
  }

  const StartSources& sources_;
  std::set<std::string> invalid_;  ///< services of the registry that may not be served
  KnownState state_;
};

}  // namespace

KnownState combine(const StartSources& sources) { return Combination(sources).take(); }

}  // namespace dfp::reconcile
