#include "docker/discovery/swaps.hpp"

#include <algorithm>
#include <vector>

#include "model/route_table.hpp"

namespace dfp::docker::discovery {
namespace {

using Orders = std::map<std::string, model::Definition>;

/// Who has the route that an order wants now, for orders that nobody stands against once all are fulfilled.
std::map<std::string, std::string> owners_of(const Orders& orders, const model::DesiredState& served) {
  model::RouteClaims now, then;
  for (const auto& [name, service] : served.services) {
    now.set(service.definition);
    then.set(service.definition);
  }
  for (const auto& [name, definition] : orders) then.set(definition);
  std::map<std::string, std::string> owners;
  for (const auto& [name, definition] : orders) {
    auto conflict = now.conflict(definition);
    if (!conflict) continue;
    then.erase(name);  // what a service claims already is no conflict for it
    bool refused = then.conflict(definition).has_value();
    then.set(definition);
    if (!refused) owners.emplace(name, conflict->owner);
  }
  return owners;
}

/// The services from `name` on, each waiting for the next, where that leads back to it; else nothing.
std::vector<std::string> circle_from(const std::string& name,
                                     const std::map<std::string, std::string>& owners) {
  std::vector<std::string> circle;
  for (auto at = owners.find(name); at != owners.end(); at = owners.find(at->second)) {
    if (at->first == name && !circle.empty()) return circle;
    if (std::ranges::find(circle, at->first) != circle.end()) return {};
    circle.push_back(at->first);
  }
  return {};
}

}  // namespace

std::set<std::string> in_each_others_way(const Orders& orders, const model::DesiredState& served) {
  std::set<std::string> first;
  if (orders.size() < 2) return first;
  auto owners = owners_of(orders, served);
  for (const auto& [name, owner] : owners) {
    auto circle = circle_from(name, owners);
    if (!circle.empty()) first.insert(std::ranges::min(circle));
  }
  return first;
}

}  // namespace dfp::docker::discovery
