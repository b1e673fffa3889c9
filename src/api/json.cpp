#include "api/json.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.hpp"
#include "parameters/table.hpp"

namespace dfp::api {
namespace json = boost::json;
namespace {

json::array text_array(const std::vector<std::string>& texts) {
  json::array array;
  for (const auto& text : texts) array.emplace_back(text);
  return array;
}

json::value parameter_json(const parameters::Parameter& parameter, const model::Definition& definition,
                           const model::Destination& destination) {
  auto value = parameter.give(definition, destination);
  if (auto* flag = std::get_if<bool>(&value)) return *flag;
  auto* list = std::get_if<std::vector<std::string>>(&value);
  if (!list || parameter.joined_in_json) return json::string(parameters::render_value(value));
  if (list->empty()) return nullptr;
  return text_array(*list);
}

void append(json::object& object, const parameters::Parameter& parameter,
            const model::Definition& definition) {
  object[json_key(parameter.info.name)] = parameter_json(parameter, definition, definition);
}

/// All destinations, where there are several; those without are the first one's parameters.
void append_destinations(json::object& object, const model::Definition& definition) {
  if (definition.others.empty()) return;
  json::array all;
  for (const auto& [index, destination] : definition.destinations()) {
    json::object one{{"Index", index}};
    for (const auto& parameter : parameters::table())
      if (parameter.info.indexed)
        one[json_key(parameter.info.name)] = parameter_json(parameter, definition, *destination);
    all.push_back(std::move(one));
  }
  object["ServiceDest"] = std::move(all);
}

/// The original's answer has Status, Message and these, in this order.
constexpr std::array<std::string_view, 7> kOriginals = {"serviceName",   "serviceColor",       "servicePath",
                                                        "serviceDomain", "consulTemplatePath", "pathType",
                                                        "skipCheck"};

}  // namespace

std::string render_json(const json::value& value) {
  // Outside of texts JSON has none of these characters, so replacing them everywhere is right.
  std::string out;
  auto plain = json::serialize(value);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    std::string_view rest(plain.data() + i, plain.size() - i);
    if (rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9")) {
      out += rest[2] == '\xA8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else if (rest[0] == '<') {
      out += "\\u003c";
    } else if (rest[0] == '>') {
      out += "\\u003e";
    } else if (rest[0] == '&') {
      out += "\\u0026";
    } else {
      out += rest[0];
    }
  }
  return out;
}

std::string json_key(std::string_view parameter) {
  std::string key(parameter);
  if (!key.empty() && key[0] >= 'a' && key[0] <= 'z') key[0] = static_cast<char>(key[0] - ('a' - 'A'));
  return key;
}

json::object nine_keys(bool ok, std::string_view message, const model::Definition& definition) {
  json::object answer{{"Status", ok ? "OK" : "NOK"}, {"Message", message}};
  for (auto name : kOriginals) append(answer, *parameters::find_parameter(name), definition);
  return answer;
}

void append_younger_keys(json::object& answer, const model::Definition& definition) {
  for (const auto& parameter : parameters::table())
    if (std::ranges::find(kOriginals, parameter.info.name) == kOriginals.end())
      append(answer, parameter, definition);
  append_destinations(answer, definition);
}

json::object definition_json(const model::Definition& definition) {
  json::object object;
  for (auto name : kOriginals) append(object, *parameters::find_parameter(name), definition);
  append_younger_keys(object, definition);
  return object;
}

json::object instance_json(const model::Instance& instance) {
  return {{"Node", instance.node},
          {"ID", instance.id},
          {"Address", instance.address},
          {"Port", instance.port},
          {"Tags", text_array(instance.tags)},
          {"Health", model::to_string(instance.health)},
          {"Weight", instance.weight}};
}

}  // namespace dfp::api
