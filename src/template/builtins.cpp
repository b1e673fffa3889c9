#include "template/builtins.hpp"

#include <fmt/format.h>

#include "template/method.hpp"

namespace dfp::tmpl {

const FunctionMap& builtins() {
  static const FunctionMap functions = [] {
    FunctionMap map;
    add_comparisons(map);
    add_collections(map);
    add_printing(map);
    return map;
  }();
  return functions;
}

Target indirect(Value value) {
  for (;;) {
    auto kind = value.kind();
    if (kind != Kind::Pointer && kind != Kind::Interface) return {std::move(value), false};
    if (value.is_nil()) return {std::move(value), true};
    value = kind == Kind::Pointer ? value.pointee() : std::move(value).held();
  }
}

std::optional<Value> printable(const Value& value) {
  Value target = value.kind() == Kind::Pointer ? indirect(value).value : value;
  if (!target.valid()) return Value::of("<no value>");
  if (find_method(target, "Error") || find_method(target, "String"))
    return target.addressable() && target.type()->pointer ? target.address() : target;
  auto kind = target.kind();
  if (kind == Kind::Channel || kind == Kind::Func) return std::nullopt;
  return target;
}

bool assignable(const Type& from, const Type& to) {
  return &from == &to || to.kind == Kind::Interface || from.underlying == &to || to.underlying == &from;
}

std::expected<Value, std::string> converted(const Value& value, const Type& type) {
  bool can_be_nil = type.kind == Kind::Interface || type.kind == Kind::Slice || type.kind == Kind::Map ||
                    type.kind == Kind::Pointer || type.kind == Kind::Func || type.kind == Kind::Channel ||
                    &type == &types::kRaw;
  if (!value.valid()) {
    if (can_be_nil) return Value::zero(type);
    return std::unexpected(fmt::format("value is nil; should be of type {}", type.name));
  }
  if (assignable(*value.static_type(), type)) return value;
  auto is_integer = [](Kind kind) { return kind == Kind::Int || kind == Kind::Uint; };
  if (is_integer(value.kind()) && is_integer(type.kind))
    return type.kind == Kind::Int ? Value::integer(value.as_int(), type)
                                  : Value::unsigned_integer(value.as_uint(), type);
  return std::unexpected(
      fmt::format("value has type {}; should be {}", value.static_type()->name, type.name));
}

}  // namespace dfp::tmpl
