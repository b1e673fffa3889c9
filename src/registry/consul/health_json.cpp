#include "registry/consul/health_json.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

#include "base/log.hpp"
#include "model/health_check.hpp"
#include "registry/consul/json_fields.hpp"

namespace dfp::registry::consul {
namespace {
using namespace fields;

struct NodeFields {
  std::string name, address;
};

/// How a check is made, where Consul tells it: for checks of the catalog; an agent keeps it to itself
/// (1.8.7).
struct CheckDefinition {
  std::string http, method, interval, timeout;
};

struct Entry {
  NodeFields node;
  model::Instance instance;
  std::vector<CheckDefinition> http_checks;
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
  CheckDefinition definition;
};

CheckDefinition read_definition(json::value value) {
  CheckDefinition definition;
  for_each_field(value, [&](std::string_view key, json::value field) {
    if (key == "HTTP") read(field, definition.http);
    if (key == "Method") read(field, definition.method);
    if (key == "Interval") read(field, definition.interval);
    if (key == "Timeout") read(field, definition.timeout);
  });
  return definition;
}

CheckFields read_check(json::value value) {
  CheckFields check;
  for_each_field(value, [&](std::string_view key, json::value field) {
    if (key == "CheckID") read(field, check.id);
    if (key == "Status") read(field, check.status);
    if (key == "ServiceID") read(field, check.service);
    if (key == "Node") read(field, check.node);
    if (key == "Definition") check.definition = read_definition(field);
  });
  return check;
}

void read_checks(json::value value, Entry& entry) {
  for_each_item(value, [&](json::value item) {
    auto check = read_check(item);
    auto& worst = entry.instance.health;
    worst = std::max(worst, health_of(check.id, check.status));
    if (!check.definition.http.empty()) entry.http_checks.push_back(std::move(check.definition));
  });
}

Entry read_entry(json::value value) {
  Entry entry;
  for_each_field(value, [&](std::string_view key, json::value field) {
    if (key == "Node") read_node(field, entry.node);
    if (key == "Service") read_service(field, entry);
    if (key == "Checks") read_checks(field, entry);
  });
  return entry;
}

struct Url {
  std::string port, path;
};

/// nullopt for what is not plain HTTP.
std::optional<Url> parse_url(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return std::nullopt;
  url.remove_prefix(kScheme.size());
  auto slash = std::min(url.find('/'), url.size());
  auto authority = url.substr(0, slash);
  auto colon = authority.rfind(':');
  bool has_port = colon != std::string_view::npos && !authority.substr(colon).contains(']');
  return Url{has_port ? std::string(authority.substr(colon + 1)) : "80",
             slash == url.size() ? "/" : std::string(url.substr(slash))};
}

/// As meta, unless the service's own says it: the proxy may check as Consul does. A check of another port
/// says nothing about this one.
void add_check(const Entry& entry, model::Instance& instance) {
  if (instance.meta.contains(std::string(model::kMetaCheckHttp))) return;
  for (const auto& check : entry.http_checks) {
    auto url = parse_url(check.http);
    if (!url || url->port != std::to_string(instance.port)) continue;
    auto add = [&](std::string_view key, const std::string& value) {
      if (!value.empty()) instance.meta.emplace(key, value);
    };
    add(model::kMetaCheckHttp, url->path);
    add(model::kMetaCheckMethod, check.method);
    add(model::kMetaCheckInterval, check.interval);
    add(model::kMetaCheckTimeout, check.timeout);
    return;
  }
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
  add_check(entry, instance);
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
