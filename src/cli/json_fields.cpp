#include "cli/json_fields.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>

namespace dfp::cli {
namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view key) {
  auto* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string number_of(const json::object& object, std::string_view key) {
  auto* value = object.if_contains(key);
  if (value && value->is_int64()) return fmt::format("{}", value->get_int64());
  if (value && value->is_uint64()) return fmt::format("{}", value->get_uint64());
  return "?";
}

bool flag_of(const json::object& object, std::string_view key) {
  auto* value = object.if_contains(key);
  return value && value->is_bool() && value->get_bool();
}

const json::array* list_of(const json::object& object, std::string_view key) {
  auto* value = object.if_contains(key);
  return value ? value->if_array() : nullptr;
}

std::vector<const json::object*> objects_of(const json::object& object, std::string_view key) {
  std::vector<const json::object*> objects;
  if (auto* list = list_of(object, key))
    for (const auto& item : *list)
      if (auto* one = item.if_object()) objects.push_back(one);
  return objects;
}

std::vector<std::string> texts_of(const json::object& object, std::string_view key) {
  std::vector<std::string> texts;
  if (auto* list = list_of(object, key))
    for (const auto& item : *list)
      if (item.is_string()) texts.emplace_back(item.get_string());
  return texts;
}

std::string joined(const json::object& object, std::string_view key) {
  return fmt::format("{}", fmt::join(texts_of(object, key), ", "));
}

std::string shown_value(const json::value& value) {
  if (value.is_null() || (value.is_bool() && !value.get_bool())) return {};
  if (value.is_string()) return std::string(value.get_string());
  if (auto* object = value.if_object(); object && object->empty()) return {};
  if (!value.is_array()) return json::serialize(value);
  std::vector<std::string> items;
  for (const auto& item : value.get_array())
    items.push_back(item.is_string() ? std::string(item.get_string()) : json::serialize(item));
  return fmt::format("{}", fmt::join(items, ", "));
}

}  // namespace dfp::cli
