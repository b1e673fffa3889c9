#include "docker/discovery/follow_plan.hpp"

#include <algorithm>

#include "docker/discovery/instances.hpp"
#include "docker/discovery/swaps.hpp"

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

/// Whether a copy is still where this instance says. A task keeps its addresses, a container may leave a
/// network.
bool is_there(const Replica& replica, const model::Instance& instance, bool swarm) {
  if (replica.id != instance.id || !replica.usable) return false;
  auto published = [&](const auto& entry) { return entry.second.address == instance.address; };
  auto same = [&](const TaskAddress& address) { return address.ip == instance.address; };
  return swarm || replica.host_address == instance.address || std::ranges::any_of(replica.addresses, same) ||
         std::ranges::any_of(replica.published, published);
}

/// Instances that have gone, of a service whose present ones cannot be found. Another service may get their
/// addresses.
std::set<std::string> gone_from(const FollowSituation& s, const ServiceView& service,
                                const model::Service& served) {
  std::set<std::string> gone;
  for (const auto& instance : served.instances) {
    bool ours = instance.meta.contains(std::string(kOriginMeta)) && !is_virtual(instance);
    auto there = [&](const Replica& replica) { return is_there(replica, instance, s.view.swarm); };
    if (ours && std::ranges::none_of(service.replicas, there)) gone.insert(instance.id);
  }
  return gone;
}

/// Whether an order would be accepted again, as far as that is known here.
bool can_follow(const FollowSituation& s, const model::Definition& order) {
  auto* service = s.view.find(order.registered_name());
  if (!service || order.has_template()) return false;
  return instances_of(s.view, *service, order, s.network).has_value();
}

/// What has to be done so that a service has the instances that the catalog would give now.
void follow_instances(const FollowSituation& s, const model::Service& served, FollowPlan& plan,
                      std::map<std::string, std::string>& problems) {
  const auto& definition = served.definition;
  const auto& name = definition.service;
  if (definition.has_template()) return;
  auto* service = s.view.find(definition.registered_name());
  if (!service) {
    if (is_from_docker(served)) plan.repin.insert(name);
    return;
  }
  auto instances = instances_of(s.view, *service, definition, s.network);
  if (instances) {
    if (*instances != served.instances) plan.repin.insert(name);
    return;
  }
  bool by_label = s.orders.definitions.contains(name);
  problems.insert_or_assign(name,
                            by_label ? as_label_problem(instances.error().what) : instances.error().what);
  if (auto gone = gone_from(s, *service, served); !gone.empty()) plan.unpin.emplace(name, std::move(gone));
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
  for (const auto& name : in_each_others_way(plan.reconfigure, s.served))
    if (can_follow(s, plan.reconfigure.at(name))) plan.remove.insert(name);
  for (const auto& [name, service] : s.served.services) {
    if (plan.reconfigure.contains(name)) continue;
    bool by_label = service.changed_by == s.author;
    bool ordered = s.orders.definitions.contains(name) || s.orders.problems.contains(name);
    if (by_label && !ordered)
      plan.remove.insert(name);
    else
      follow_instances(s, service, plan, problems);
  }
  return plan;
}

}  // namespace dfp::docker::discovery
