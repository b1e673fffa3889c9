#include <algorithm>
#include <cctype>

#include "template/json.hpp"

namespace dfp::tmpl::json {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  auto lower = [](unsigned char c) { return std::tolower(c); };
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// The exact name goes first.
const Value* member(const Value& object, std::string_view name) {
  if (const auto* exact = object.find(name)) return exact;
  auto all = object.entries();
  auto at = std::ranges::find_if(all, [&](const MapEntry& e) { return same_name(e.key.as_string(), name); });
  return at == all.end() ? nullptr : &at->value;
}

Value list(const Value& parsed, const Type& type) {
  std::vector<Value> items;
  items.reserve(parsed.length());
  for (const auto& item : parsed.items()) items.push_back(shaped(item, *type.element));
  return Value::list(std::move(items), type);
}

Value map(const Value& parsed, const Type& type) {
  std::vector<MapEntry> entries;
  entries.reserve(parsed.length());
  for (const auto& [key, value] : parsed.entries())
    entries.push_back({Value::string(std::string(key.as_string()), *type.key), shaped(value, *type.element)});
  return Value::map(std::move(entries), type);
}

/// @param type the struct, or a pointer to one
Value structure(const Value& parsed, const Type& type) {
  std::vector<Value> fields;
  for (const auto& field : (type.element ? *type.element : type).fields) {
    const auto* found = member(parsed, field.name);
    fields.push_back(found ? shaped(*found, *field.type) : Value::zero(*field.type));
  }
  return Value::structure(std::move(fields), type);
}

}  // namespace

Value shaped(const Value& parsed, const Type& type) {
  auto value = parsed.held();
  auto kind = value.held_kind();
  switch (type.kind) {
    case Kind::Bool:
    case Kind::Float:
      return kind == type.kind ? value : Value::zero(type);
    case Kind::String:
      return kind == Kind::String ? Value::string(std::string(value.as_string()), type) : Value::zero(type);
    case Kind::Int:
      return kind == Kind::Int ? Value::integer(value.as_int(), type) : Value::zero(type);
    case Kind::Slice:
      return kind == Kind::Slice ? list(value, type) : Value::zero(type);
    case Kind::Map:
      return kind == Kind::Map ? map(value, type) : Value::zero(type);
    case Kind::Struct:
    case Kind::Pointer:
      return kind == Kind::Map ? structure(value, type) : Value::zero(type);
    default:
      return Value::zero(type);
  }
}

}  // namespace dfp::tmpl::json
