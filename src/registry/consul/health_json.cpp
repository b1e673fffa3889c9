#include "registry/consul/health_json.hpp"

#include <simdjson.h>

#include <algorithm>
#include <tuple>

#include "base/log.hpp"

namespace dfp::registry::consul {
namespace {
namespace json = simdjson::ondemand;

/// A field that is missing, null or of another type leaves the target as it is.
void read(json::value value, std::string& target) {
  std::string_view text;
  auto error = value.get_string().get(text);
  if (error == simdjson::SUCCESS) target = text;
  if (error == simdjson::STRING_ERROR) throw simdjson::simdjson_error(error);
}

void read(json::value value, std::int64_t& target) {
  std::int64_t number;
  if (value.get_int64().get(number) == simdjson::SUCCESS) target = number;
}

/// Calls `take(key, value)` for each field of an object; nothing for anything else.
template <class Take>
void for_each_field(json::value value, Take take) {
  json::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return;
  for (auto field : object) {
    std::string_view key = field.unescaped_key();
    take(key, json::value(field.value()));
  }
}

template <class Take>
void for_each_item(json::value value, Take take) {
  json::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return;
  for (auto item : array) take(item.value());
}

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

void read_tags(json::value value, std::vector<std::string>& tags) {
  for_each_item(value, [&](json::value item) {
    std::string tag;
    read(item, tag);
    tags.push_back(std::move(tag));
  });
}

void read_meta(json::value value, std::map<std::string, std::string>& meta) {
  for_each_field(value, [&](std::string_view key, json::value field) {
    std::string name(key);
    read(field, meta[std::move(name)]);
  });
}

void read_service(json::value value, Entry& entry) {
  auto& instance = entry.instance;
  for_each_field(value, [&](std::string_view key, json::value field) {
    if (key == "ID") read(field, instance.id);
    if (key == "Service") read(field, instance.service);
    if (key == "Address") read(field, instance.address);
    if (key == "Port") read(field, entry.port);
    if (key == "Tags") read_tags(field, instance.tags);
    if (key == "Meta") read_meta(field, instance.meta);
    if (key == "Weights")
      for_each_field(field, [&](std::string_view name, json::value number) {
        if (name == "Passing") read(number, entry.weight);
      });
  });
}

model::Health health_of(std::string_view check_id, std::string_view status) {
  if (check_id == "_node_maintenance" || check_id.starts_with("_service_maintenance:"))
    return model::Health::Maintenance;
  if (status == "passing") return model::Health::Passing;
  if (status == "warning") return model::Health::Warning;
  return model::Health::Critical;
}

struct CheckFields {
  std::string id, status, service;
};

CheckFields read_check(json::value value) {
  CheckFields check;
  for_each_field(value, [&](std::string_view key, json::value field) {
    if (key == "CheckID") read(field, check.id);
    if (key == "Status") read(field, check.status);
    if (key == "ServiceID") read(field, check.service);
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

/// Runs `read(document)` over a body; simdjson reports a malformed text by an exception.
template <class Read>
auto parse(std::string& body, std::string_view what, Read read_document)
    -> Result<std::invoke_result_t<Read, json::document&>> {
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  try {
    json::parser parser;
    json::document document = parser.iterate(body.data(), body.size(), body.capacity());
    return read_document(document);
  } catch (const simdjson::simdjson_error& error) {
    return fail(Errc::Rejected,
                std::string("consul: ") + std::string(what) + ": not the expected JSON: " + error.what());
  }
}

}  // namespace

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
