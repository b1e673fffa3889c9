#include "registry/consul/health_json.hpp"

#include <algorithm>
#include <tuple>

#include "base/log.hpp"
#include "registry/consul/json_fields.hpp"

namespace dfp::registry::consul {
namespace {
using namespace fields;

struct NodeFields {
  std::string name, address;
};

struct Entry {
  NodeFields node;
  model::Instance instance;
  std::int64_t port = 0;
  std::int64_t weight = 1;
};

void read_node(json::value value, NodeFields& node) {
  for_each_field(value, [&](std::string_view key, json::value field) {
    if (key == "Node") read(field, node.name);
    if (key == "Address") read(field, node.address);
  });
}

void read_service(json::value value, Entry& entry) {
  auto& instance = entry.instance;
  for_each_field(value, [&](std::string_view key, json::value field) {
    if (key == "ID") read(field, instance.id);
    if (key == "Service") read(field, instance.service);
    if (key == "Address") read(field, instance.address);
    if (key == "Port") read(field, entry.port);
    if (key == "Tags") read(field, instance.tags);
    if (key == "Meta") read(field, instance.meta);
    if (key == "Weights")
      for_each_field(field, [&](std::string_view name, json::value number) {
        if (name == "Passing") read(number, entry.weight);
      });
  });
}

struct CheckFields {
  std::string id, status, service, node;
};

CheckFields read_check(json::value value) {
  CheckFields check;
  for_each_field(value, [&](std::string_view key, json::value field) {
    if (key == "CheckID") read(field, check.id);
    if (key == "Status") read(field, check.status);
    if (key == "ServiceID") read(field, check.service);
    if (key == "Node") read(field, check.node);
  });
  return check;
}

void read_checks(json::value value, model::Health& worst) {
  for_each_item(value, [&](json::value item) {
    auto check = read_check(item);
    worst = std::max(worst, health_of(check.id, check.status));
  });
}

Entry read_entry(json::value value) {
  Entry entry;
  for_each_field(value, [&](std::string_view key, json::value field) {
    if (key == "Node") read_node(field, entry.node);
    if (key == "Service") read_service(field, entry);
    if (key == "Checks") read_checks(field, entry.instance.health);
  });
  return entry;
}

constexpr std::int64_t kMaxWeight = 65535;  // Consul's own limit

/// False for an entry that nobody can send a request to.
bool complete(Entry& entry) {
  auto& instance = entry.instance;
  instance.node = entry.node.name;
  if (instance.address.empty()) instance.address = entry.node.address;
  instance.weight = static_cast<int>(std::clamp<std::int64_t>(entry.weight, 0, kMaxWeight));
  std::ranges::sort(instance.tags);
  bool routable = entry.port >= 1 && entry.port <= 65535 && !instance.address.empty();
  if (!routable)
    log::debug("consul.instance_without_port", {{"service", instance.service}, {"id", instance.id}});
  instance.port = static_cast<std::uint16_t>(routable ? entry.port : 0);
  return routable;
}

}  // namespace

model::Health health_of(std::string_view check_id, std::string_view status) {
  if (check_id == "_node_maintenance" || check_id.starts_with("_service_maintenance:"))
    return model::Health::Maintenance;
  if (status == "passing") return model::Health::Passing;
  if (status == "warning") return model::Health::Warning;
  return model::Health::Critical;
}

Result<std::vector<model::Instance>> parse_health_answer(std::string& body) {
  return parse(body, "the instances of a service", [](json::document& document) {
    std::vector<model::Instance> instances;
    for (auto item : document.get_array()) {
      auto entry = read_entry(item.value());
      if (complete(entry)) instances.push_back(std::move(entry.instance));
    }
    std::ranges::sort(instances, {}, [](const auto& i) { return std::tie(i.node, i.id); });
    return instances;
  });
}

Result<std::vector<std::string>> parse_services_answer(std::string& body) {
  return parse(body, "the names of services", [](json::document& document) {
    std::vector<std::string> names;
    for (auto field : document.get_object()) {
      std::string_view name = field.unescaped_key();
      names.emplace_back(name);
    }
    std::ranges::sort(names);
    return names;
  });
}

Result<std::vector<model::Instance>> parse_agent_services(std::string& body) {
  return parse(body, "the agent's services", [](json::document& document) {
    std::vector<model::Instance> instances;
    for (auto field : document.get_object()) {
      Entry entry;
      read_service(field.value(), entry);
      complete(entry);
      instances.push_back(std::move(entry.instance));
    }
    std::ranges::sort(instances, {}, &model::Instance::id);
    return instances;
  });
}

Result<std::vector<HealthReport::Finding>> parse_health_state(std::string& body) {
  return parse(body, "the states of all checks", [](json::document& document) {
    std::vector<HealthReport::Finding> findings;
    for (auto item : document.get_array()) {
      auto check = read_check(item.value());
      auto health = health_of(check.id, check.status);
      if (health != model::Health::Passing)
        findings.push_back({std::move(check.node), std::move(check.service), health});
    }
    std::ranges::sort(findings);
    return findings;
  });
}

Result<std::map<std::string, model::Health>> parse_agent_checks(std::string& body) {
  return parse(body, "the agent's checks", [](json::document& document) {
    std::map<std::string, model::Health> worst;
    for (auto field : document.get_object()) {
      auto check = read_check(field.value());
      auto& health = worst[check.service];
      health = std::max(health, health_of(check.id, check.status));
    }
    return worst;
  });
}

}  // namespace dfp::registry::consul
