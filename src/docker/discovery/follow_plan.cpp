#include "docker/discovery/follow_plan.hpp"

#include <algorithm>

#include "docker/discovery/instances.hpp"

namespace dfp::docker::discovery {
namespace {

bool is_from_docker(const model::Service& service) {
  return std::ranges::any_of(service.instances, [](const model::Instance& instance) {
    return instance.meta.contains(std::string(kOriginMeta));
  });
}

/// Whether the order has to be passed on.
bool is_news(const FollowSituation& s, const std::string& name, const model::Definition& definition) {
  auto given = s.given.find(name);
  if (given != s.given.end() && given->second == definition) return false;
  auto served = s.served.services.find(name);
  return served == s.served.services.end() || served->second.definition != definition;
}

/// Whether the catalog would give other instances now.
bool has_moved(const FollowSituation& s, const model::Service& served,
               std::map<std::string, std::string>& problems) {
  const auto& definition = served.definition;
  if (definition.has_template()) return false;
  auto* service = s.view.find(definition.registered_name());
  if (!service) return is_from_docker(served);
  auto instances = instances_of(s.view, *service, definition, s.network);
  if (!instances) problems.insert_or_assign(definition.service, instances.error().what);
  return instances && *instances != served.instances;
}

}  // namespace

Orders orders_of(const View& view, const LabelRules& rules) {
  Orders orders;
  std::map<std::string, std::string> owners;  ///< service name -> who orders it
  for (const auto& service : view.services) {
    auto order = read_labels(service.labels, service.called(), rules);
    if (!order) {
      orders.problems.insert_or_assign(service.called(), order.error().what);
      continue;
    }
    if (!*order) continue;
    for (const auto& note : (*order)->notes) orders.notes.push_back("service " + service.name + ": " + note);
    auto name = (*order)->definition.service;
    auto [owner, first] = owners.try_emplace(name, service.name);
    if (!first) {
      orders.problems.insert_or_assign(service.name,
                                       "labels: " + owner->second + " is called " + name + " already");
      continue;
    }
    if (service.usable() == 0) orders.waiting.insert(name);
    orders.definitions.emplace(name, std::move((*order)->definition));
  }
  return orders;
}

FollowPlan follow_plan(const FollowSituation& s, std::map<std::string, std::string>& problems) {
  FollowPlan plan;
  for (const auto& [name, definition] : s.orders.definitions) {
    bool served = s.served.services.contains(name);
    if (is_news(s, name, definition) && (served || !s.orders.waiting.contains(name)))
      plan.reconfigure.emplace(name, definition);
  }
  for (const auto& [name, service] : s.served.services) {
    if (plan.reconfigure.contains(name)) continue;
    bool by_label = service.changed_by == s.author;
    bool ordered = s.orders.definitions.contains(name) || s.orders.problems.contains(name);
    if (by_label && !ordered)
      plan.remove.insert(name);
    else if (has_moved(s, service, problems))
      plan.repin.insert(name);
  }
  return plan;
}

}  // namespace dfp::docker::discovery
