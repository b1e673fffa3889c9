#include "registry/consul/catalog_json.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "registry/consul/health_json.hpp"
#include "registry/consul/json_fields.hpp"

namespace dfp::registry::consul {
namespace {
using namespace fields;

void read_int(json::value value, int& target) {
  std::int64_t number = target;
  read(value, number);
  target = static_cast<int>(std::clamp<std::int64_t>(number, INT32_MIN, INT32_MAX));
}

NodeRecord read_node(json::value value) {
  NodeRecord node;
  for_each_field(value, [&](std::string_view key, json::value field) {
    if (key == "ID") read(field, node.id);
    if (key == "Node") read(field, node.name);
    if (key == "Address") read(field, node.address);
    if (key == "Datacenter") read(field, node.datacenter);
    if (key == "TaggedAddresses") read(field, node.tagged_addresses);
    if (key == "Meta") read(field, node.meta);
  });
  return node;
}

void read_addresses(json::value value, std::map<std::string, HostPort>& addresses) {
  for_each_field(value, [&](std::string_view name, json::value item) {
    auto& address = addresses[std::string(name)];
    for_each_field(item, [&](std::string_view key, json::value field) {
      if (key == "Address") read(field, address.address);
      if (key == "Port") read_int(field, address.port);
    });
  });
}

void read_weights(json::value value, ServiceRecord& service) {
  for_each_field(value, [&](std::string_view key, json::value field) {
    if (key == "Passing") read_int(field, service.passing_weight);
    if (key == "Warning") read_int(field, service.warning_weight);
  });
}

ServiceRecord read_service(json::value value) {
  ServiceRecord service;
  for_each_field(value, [&](std::string_view key, json::value field) {
    if (key == "ID") read(field, service.id);
    if (key == "Service") read(field, service.name);
    if (key == "Address") read(field, service.address);
    if (key == "Port") read_int(field, service.port);
    if (key == "Tags") read(field, service.tags);
    if (key == "Meta") read(field, service.meta);
    if (key == "TaggedAddresses") read_addresses(field, service.tagged_addresses);
    if (key == "Weights") read_weights(field, service);
    if (key == "EnableTagOverride") read(field, service.enable_tag_override);
  });
  return service;
}

CheckRecord read_check(json::value value) {
  CheckRecord check;
  for_each_field(value, [&](std::string_view key, json::value field) {
    if (key == "Node") read(field, check.node);
    if (key == "CheckID") read(field, check.id);
    if (key == "Name") read(field, check.name);
    if (key == "Status") read(field, check.status);
    if (key == "Notes") read(field, check.notes);
    if (key == "Output") read(field, check.output);
    if (key == "ServiceID") read(field, check.service_id);
    if (key == "ServiceName") read(field, check.service_name);
    if (key == "ServiceTags") read(field, check.service_tags);
    if (key == "Type") read(field, check.type);
  });
  return check;
}

HealthRecord read_health(json::value value) {
  HealthRecord record;
  for_each_field(value, [&](std::string_view key, json::value field) {
    if (key == "Node") record.node = read_node(field);
    if (key == "Service") record.service = read_service(field);
    if (key == "Checks")
      for_each_item(field, [&](json::value item) { record.checks.push_back(read_check(item)); });
  });
  for (const auto& check : record.checks)
    record.health = std::max(record.health, health_of(check.id, check.status));
  return record;
}

/// @param read_item one element of the body's array
template <class T>
Result<std::vector<T>> parse_array(std::string& body, std::string_view what, T (*read_item)(json::value)) {
  return parse(body, what, [read_item](json::document& document) {
    std::vector<T> items;
    for (auto item : document.get_array()) items.push_back(read_item(item.value()));
    return items;
  });
}

std::string read_name(json::value value) {
  std::string name;
  read(value, name);
  return name;
}

}  // namespace

Result<std::vector<HealthRecord>> parse_health_records(std::string& body) {
  return parse_array(body, "the instances of a service", read_health);
}

Result<std::vector<NodeRecord>> parse_nodes(std::string& body) {
  return parse_array(body, "the nodes", read_node);
}

Result<std::vector<std::string>> parse_datacenters(std::string& body) {
  return parse_array(body, "the datacenters", read_name);
}

Result<std::vector<ServiceTags>> parse_service_tags(std::string& body) {
  return parse(body, "the services", [](json::document& document) {
    std::vector<ServiceTags> services;
    for (auto field : document.get_object()) {
      std::string_view name = field.unescaped_key();
      auto& service = services.emplace_back(std::string(name));
      read(field.value(), service.tags);
    }
    return services;
  });
}

Result<std::optional<NodeServices>> parse_node_services(std::string& body) {
  if (text::trim(body) == "null") return std::nullopt;
  return parse(body, "a node", [](json::document& document) {
    NodeServices found;
    for (auto field : document.get_object()) {
      std::string_view key = field.unescaped_key();
      json::value value = field.value();
      if (key == "Node") found.node = read_node(value);
      if (key == "Services")
        for_each_field(
            value, [&](std::string_view, json::value item) { found.services.push_back(read_service(item)); });
    }
    return found.node.name.empty() ? std::optional<NodeServices>() : std::optional(std::move(found));
  });
}

Result<std::string> parse_agent_node(std::string& body) {
  return parse(body, "the agent itself", [](json::document& document) {
    std::string name;
    for (auto field : document.get_object()) {
      std::string_view key = field.unescaped_key();
      json::value value = field.value();
      if (key == "Config")
        for_each_field(value, [&](std::string_view inner, json::value item) {
          if (inner == "NodeName") read(item, name);
        });
    }
    if (name.empty()) throw simdjson::simdjson_error(simdjson::NO_SUCH_FIELD);
    return name;
  });
}

}  // namespace dfp::registry::consul
