#include "registry/record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/parse.hpp"
#include "base/text.hpp"
#include "parameters/table.hpp"

namespace dfp::registry {
namespace json = boost::json;
namespace {

using Texts = std::vector<std::string>;

constexpr int kMaxWeight = 65535;
constexpr std::string_view kDestinations = "destinations";

// ------------------------------------------------------------------------------------------------ writing

json::value to_json(const parameters::ParameterValue& value) {
  if (auto* text = std::get_if<std::string>(&value)) return json::value(*text);
  if (auto* flag = std::get_if<bool>(&value)) return *flag;
  return json::value_from(std::get<Texts>(value));
}

void add_parameter(json::object& out, const parameters::Parameter& parameter,
                   const model::Definition& definition, const model::Destination& destination) {
  static const model::Definition defaults;
  auto value = parameter.give(definition, destination);
  if (value != parameter.get(defaults)) out[parameter.info.name] = to_json(value);
}

json::object render_definition(const model::Definition& definition) {
  json::object out;
  for (const auto& parameter : parameters::table()) add_parameter(out, parameter, definition, definition);
  json::object others;
  for (const auto& [index, destination] : definition.others) {
    auto& other = others[std::to_string(index)].emplace_object();
    for (const auto& parameter : parameters::table())
      if (parameter.info.indexed) add_parameter(other, parameter, definition, destination);
  }
  if (!others.empty()) out[kDestinations] = std::move(others);
  return out;
}

/// The oldest that can say it.
int version_of(const model::Definition& definition) { return definition.others.empty() ? 1 : 2; }

// Taken apart as a whole, so that a new field cannot be forgotten.
json::object render_instance(const model::Instance& instance) {
  const auto& [service, node, id, address, port, tags, meta, health, weight, requested_port] = instance;
  json::object out{{"service", service}, {"node", node}, {"id", id}, {"address", address}, {"port", port}};
  if (!tags.empty()) out["tags"] = json::value_from(tags);
  if (!meta.empty()) out["meta"] = json::value_from(meta);
  if (health != model::Health::Passing) out["health"] = model::to_string(health);
  if (weight != 1) out["weight"] = weight;
  if (requested_port != 0) out["requestedPort"] = requested_port;
  return out;
}

// ------------------------------------------------------------------------------------------------ reading

/// Reads the fields of one object and remembers the first thing that is wrong. Absent fields leave the target
/// as it is.
class Fields {
 public:
  Fields(const json::value& value, std::string where, Result<>& outcome)
      : where_(std::move(where)), outcome_(outcome), object_(value.if_object()) {
    if (!object_) wrong("", "is not an object");
  }

  const json::value* find(std::string_view name) const {
    return object_ ? object_->if_contains(name) : nullptr;
  }

  void read(std::string_view name, std::string& target) {
    auto* value = find(name);
    if (!value) return;
    if (auto* text = value->if_string())
      target = std::string(*text);
    else
      wrong(name, "is not a text");
  }

  void read(std::string_view name, bool& target) {
    auto* value = find(name);
    if (!value) return;
    if (auto* flag = value->if_bool())
      target = *flag;
    else
      wrong(name, "is neither true nor false");
  }

  template <std::integral T>
  void read(std::string_view name, T& target, T least, T most) {
    auto* value = find(name);
    if (!value) return;
    boost::system::error_code error;
    auto number = value->to_number<T>(error);
    if (error || number < least || number > most)
      wrong(name, fmt::format("is not a whole number from {} to {}", least, most));
    else
      target = number;
  }

  void read(std::string_view name, Texts& target) {
    auto* value = find(name);
    if (!value) return;
    auto* items = value->if_array();
    if (!items || !std::ranges::all_of(*items, &json::value::is_string))
      return wrong(name, "is not a list of texts");
    target = json::value_to<Texts>(*value);
  }

  void read(std::string_view name, std::map<std::string, std::string>& target) {
    auto* value = find(name);
    if (!value) return;
    auto* pairs = value->if_object();
    if (!pairs) return wrong(name, "is not an object");
    for (const auto& [key, text] : *pairs) {
      if (!text.is_string()) return wrong(name, "has a value that is not a text");
      target.insert_or_assign(std::string(key), std::string(text.get_string()));
    }
  }

  void wrong(std::string_view name, std::string_view problem) {
    if (!outcome_) return;
    auto field = where_ + (where_.empty() || name.empty() ? "" : ".") + std::string(name);
    outcome_ =
        fail(Errc::InvalidArgument, fmt::format("{} {}", field.empty() ? "the record" : field, problem));
  }

 private:
  std::string where_;
  Result<>& outcome_;
  const json::object* object_;
};

/// The limits that hold for this parameter in a request hold here too.
Result<> check_texts(const parameters::ParameterInfo& info, const parameters::ParameterValue& value) {
  auto as_text = info;
  as_text.type = parameters::ParameterType::Text;
  auto check = [&](const std::string& text) -> Result<> {
    auto read = parameters::read_value(as_text, text);
    if (!read) return std::unexpected(read.error());
    return {};
  };
  if (auto* text = std::get_if<std::string>(&value)) return check(*text);
  if (auto* list = std::get_if<Texts>(&value))
    for (const auto& text : *list)
      if (auto ok = check(text); !ok) return ok;
  return {};
}

void read_parameter(Fields& fields, const parameters::Parameter& parameter, model::Definition& definition,
                    model::Destination& destination) {
  auto name = parameter.info.name;
  if (!fields.find(name)) return;
  auto value = parameter.give(definition, destination);
  std::visit([&](auto& target) { fields.read(name, target); }, value);
  auto ok = check_texts(parameter.info, value);
  if (ok) ok = parameter.take(definition, destination, value);
  if (!ok) fields.wrong(name, "is not allowed: " + ok.error().what);
}

void read_destinations(Fields& definition_fields, model::Definition& definition, Result<>& outcome) {
  const auto* value = definition_fields.find(kDestinations);
  if (!value) return;
  const auto* others = value->if_object();
  if (!others) return definition_fields.wrong(kDestinations, "is not an object");
  for (const auto& [key, other] : *others) {
    auto index = parse::number(key, model::kFirstDestination + 1, model::kMaxDestinations);
    if (!index) return definition_fields.wrong(kDestinations, "has a name that is no index");
    Fields fields(other, fmt::format("definition.destinations.{}", std::string_view(key)), outcome);
    auto& destination = definition.others[static_cast<unsigned>(*index)];
    for (const auto& parameter : parameters::table())
      if (parameter.info.indexed) read_parameter(fields, parameter, definition, destination);
  }
}

model::Definition read_definition(Fields& fields, Result<>& outcome) {
  model::Definition definition;
  for (const auto& parameter : parameters::table()) read_parameter(fields, parameter, definition, definition);
  read_destinations(fields, definition, outcome);
  return definition;
}

model::Instance read_instance(Fields fields) {
  model::Instance instance;
  fields.read("service", instance.service);
  fields.read("node", instance.node);
  fields.read("id", instance.id);
  fields.read("address", instance.address);
  fields.read<std::uint16_t>("port", instance.port, 1, 65535);
  fields.read("tags", instance.tags);
  fields.read("meta", instance.meta);
  fields.read("weight", instance.weight, 0, kMaxWeight);
  fields.read<std::uint16_t>("requestedPort", instance.requested_port, 0, 65535);
  std::string health(model::to_string(instance.health));
  fields.read("health", health);
  if (auto known = model::parse_health(health))
    instance.health = *known;
  else
    fields.wrong("health", "is not " + known.error().what);
  if (instance.address.empty()) fields.wrong("address", "is missing");
  if (instance.port == 0) fields.wrong("port", "is missing");
  std::ranges::sort(instance.tags);
  return instance;
}

std::vector<model::Instance> read_instances(Fields& record, Result<>& outcome) {
  std::vector<model::Instance> instances;
  auto* value = record.find("instances");
  if (!value) return instances;
  auto* items = value->if_array();
  if (!items) {
    record.wrong("instances", "is not a list");
    return instances;
  }
  for (const auto& item : *items)
    instances.push_back(read_instance(Fields(item, fmt::format("instances[{}]", instances.size()), outcome)));
  std::ranges::sort(instances, {}, [](const auto& i) { return std::tie(i.node, i.id, i.requested_port); });
  return instances;
}

Record read_record(Fields& fields, Result<>& outcome) {
  Record record;
  fields.read("write", record.write);
  fields.read("mirrored", record.mirrored);
  auto& service = record.service;
  if (auto* value = fields.find("definition")) {
    Fields definition(*value, "definition", outcome);
    service.definition = read_definition(definition, outcome);
  } else {
    fields.wrong("definition", "is missing");
  }
  service.instances = read_instances(fields, outcome);
  fields.read("rendered", service.rendered);
  fields.read("templateHash", service.template_hash);
  fields.read<std::uint64_t>("revision", service.revision, 0, UINT64_MAX);
  fields.read("changedAt", service.changed_at);
  fields.read("changedBy", service.changed_by);
  return record;
}

/// Before anything else is looked at: another version may mean something else by the same names.
void check_version(Fields& fields) {
  int version = 0;
  fields.read("version", version, 1, INT32_MAX);
  if (version == 0) return fields.wrong("version", "is missing");
  if (version > kRecordVersion)
    fields.wrong(
        "version",
        fmt::format("is {}: a newer docker-flow-proxy wrote this record; this one reads {} and older",
                    version, kRecordVersion));
}

}  // namespace

std::string render_record(const Record& record) {
  const auto& [definition, instances, rendered, template_hash, revision, changed_at, changed_by] =
      record.service;
  json::array pins;
  for (const auto& instance : instances) pins.push_back(render_instance(instance));
  json::object out{{"version", version_of(definition)}, {"write", record.write},
                   {"mirrored", record.mirrored},       {"definition", render_definition(definition)},
                   {"instances", std::move(pins)},      {"revision", revision},
                   {"changedAt", changed_at},           {"changedBy", changed_by}};
  if (!rendered.empty()) out["rendered"] = rendered;
  if (!template_hash.empty()) out["templateHash"] = template_hash;
  return json::serialize(out);
}

Result<Record> parse_record(std::string_view text, std::string_view service) {
  json::monotonic_resource memory;
  boost::system::error_code error;
  auto value = json::parse(text, error, &memory);
  if (error) return fail(Errc::InvalidArgument, "the record is not JSON: " + error.message());
  Result<> outcome;
  Fields fields(value, "", outcome);
  check_version(fields);
  if (!outcome) return std::unexpected(outcome.error());
  auto record = read_record(fields, outcome);
  if (!outcome) return std::unexpected(outcome.error());
  const auto& definition = record.service.definition;
  if (definition.service != service)
    return fail(Errc::InvalidArgument,
                fmt::format("definition.serviceName is {}, but the key is of service {}",
                            text::shown(definition.service), text::shown(service)));
  if (auto valid = model::validate(definition); !valid) return std::unexpected(valid.error());
  if (!record.service.rendered.empty() && !definition.has_template())
    return fail(Errc::InvalidArgument, "rendered: the definition names no template that could have given it");
  return record;
}

}  // namespace dfp::registry
