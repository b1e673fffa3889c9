#include "docker/registrator/registry_plan.hpp"

#include <algorithm>

namespace dfp::docker::registrator {
namespace {

/// The same but for the health, which a registry's own checks change, and the node, which Consul's agent
/// decides.
bool is_same_entry(model::Instance a, const model::Instance& b) {
  a.health = b.health;
  a.node = b.node;
  return a == b;
}

bool is_same_order(registry::Registration a, const registry::Registration& b) {
  a.instance.health = b.instance.health;
  return a == b;
}

bool is_ours(const model::Instance& instance, const Situation& situation) {
  auto owner = instance.meta.find(std::string(kOwnerMeta));
  if (owner != instance.meta.end()) return owner->second == situation.hostname;
  return situation.cleanup && is_foreign_entry_of(instance, situation.hostname);
}

}  // namespace

RegistryPlan plan_of(const Situation& situation) {
  std::map<std::string, const model::Instance*> listed;
  for (const auto& instance : situation.listed) listed.emplace(instance.id, &instance);

  RegistryPlan plan;
  for (const auto& [id, wanted] : situation.desired) {
    auto entry = listed.find(id);
    auto told = situation.told.find(id);
    bool there = entry != listed.end() && is_same_entry(*entry->second, wanted.instance);
    bool known = told != situation.told.end() && is_same_order(told->second, wanted);
    if (!there || !known)
      plan.enroll.push_back(wanted);
    else if (told->second.instance.health != wanted.instance.health ||
             (situation.renewal_due && wanted.lifetime.count() > 0))
      plan.renew.push_back(wanted);
  }
  for (const auto& instance : situation.listed)
    if (!situation.desired.contains(instance.id) && is_ours(instance, situation))
      plan.remove.push_back(instance);
  return plan;
}

}  // namespace dfp::docker::registrator
