#include <fmt/format.h>

#include "template/builtins.hpp"

namespace dfp::tmpl {
namespace {

std::expected<std::size_t, std::string> index_of(const Value& index, std::size_t capacity) {
  auto kind = index.kind();
  if (kind == Kind::Invalid) return std::unexpected("cannot index slice/array with nil");
  if (kind != Kind::Int && kind != Kind::Uint)
    return std::unexpected(fmt::format("cannot index slice/array with type {}", index.static_type()->name));
  auto number = index.as_int();
  if (number < 0 || static_cast<std::uint64_t>(number) > capacity)
    return std::unexpected(fmt::format("index out of range: {}", number));
  return static_cast<std::size_t>(number);
}

Outcome index_sequence(const Value& item, const Value& index) {
  auto at = index_of(index, item.length());
  if (!at) return std::unexpected(at.error());
  bool text = item.held_kind() == Kind::String;
  if (*at >= item.length()) {
    const char* what = text ? "string" : item.held_kind() == Kind::Array ? "array" : "slice";
    return std::unexpected(fmt::format("reflect: {} index out of range", what));
  }
  if (text) return Value::unsigned_integer(static_cast<unsigned char>(item.as_string()[*at]), types::kUint8);
  bool addressable = item.held_kind() == Kind::Slice || item.addressable();
  return item.items()[*at].with_addressable(addressable).as(*item.type()->element);
}

Outcome index_map(const Value& item, const Value& index) {
  auto key = converted(index, *item.type()->key);
  if (!key) return std::unexpected(key.error());
  const auto* found = item.find(key->held());
  return found ? found->as(*item.type()->element) : Value::zero(*item.type()->element);
}

Outcome index(Invocation&, std::span<const Value> arguments) {
  auto item = arguments[0].held();
  if (!item.valid()) return std::unexpected("index of untyped nil");
  for (const auto& argument : arguments.subspan(1)) {
    auto target = indirect(std::move(item));
    if (target.is_nil) return std::unexpected("index of nil pointer");
    Outcome next;
    switch (target.value.kind()) {
      case Kind::Array:
      case Kind::Slice:
      case Kind::String:
        next = index_sequence(target.value, argument.held());
        break;
      case Kind::Map:
        next = index_map(target.value, argument.held());
        break;
      default:
        return std::unexpected(fmt::format("can't index item of type {}", type_name(target.value)));
    }
    if (!next) return next;
    item = std::move(*next);
  }
  return item;
}

Value part_of(const Value& item, std::size_t from, std::size_t to) {
  if (item.held_kind() == Kind::String)
    return Value::string(std::string(item.as_string().substr(from, to - from)), *item.type());
  auto items = item.items().subspan(from, to - from);
  const Type& type = *item.type();
  return Value::list({items.begin(), items.end()}, type.kind == Kind::Array ? *type.underlying : type);
}

/// slice x 1 2 is x[1:2]. Unlike in Go a part cannot be extended again beyond its end.
Outcome slice(Invocation&, std::span<const Value> arguments) {
  auto item = arguments[0].held();
  auto indexes = arguments.subspan(1);
  if (!item.valid()) return std::unexpected("slice of untyped nil");
  if (indexes.size() > 3) return std::unexpected(fmt::format("too many slice indexes: {}", indexes.size()));
  auto kind = item.kind();
  if (kind == Kind::String && indexes.size() == 3) return std::unexpected("cannot 3-index slice a string");
  if (kind != Kind::String && kind != Kind::Array && kind != Kind::Slice)
    return std::unexpected(fmt::format("can't slice item of type {}", type_name(item)));
  std::size_t bounds[3] = {0, item.length(), item.length()};
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    auto at = index_of(indexes[i], item.length());
    if (!at) return std::unexpected(at.error());
    bounds[i] = *at;
  }
  for (std::size_t i = 0; i + 1 < std::max<std::size_t>(indexes.size(), 2); ++i)
    if (bounds[i] > bounds[i + 1])
      return std::unexpected(fmt::format("invalid slice index: {} > {}", bounds[i], bounds[i + 1]));
  if (kind == Kind::Array && !item.addressable())
    return std::unexpected("reflect.Value.Slice: slice of unaddressable array");
  return part_of(item, bounds[0], bounds[1]);
}

Outcome length(Invocation&, std::span<const Value> arguments) {
  auto target = indirect(arguments[0]);
  if (target.is_nil) return std::unexpected("len of nil pointer");
  switch (target.value.kind()) {
    case Kind::Array:
    case Kind::Channel:
    case Kind::Map:
    case Kind::Slice:
    case Kind::String:
      return Value::integer(static_cast<std::int64_t>(target.value.length()));
    case Kind::Invalid:
      return std::unexpected("reflect: call of reflect.Value.Type on zero Value");
    default:
      return std::unexpected(fmt::format("len of type {}", type_name(target.value)));
  }
}

std::expected<std::vector<Value>, std::string> call_arguments(const Signature& signature,
                                                              std::span<const Value> arguments) {
  auto wanted = signature.parameters.size();
  if (signature.variadic && arguments.size() + 1 < wanted)
    return std::unexpected(
        fmt::format("wrong number of args: got {} want at least {}", arguments.size(), wanted - 1));
  if (!signature.variadic && arguments.size() != wanted)
    return std::unexpected(fmt::format("wrong number of args: got {} want {}", arguments.size(), wanted));
  std::vector<Value> out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    auto value = converted(arguments[i].held(), *signature.parameters[std::min(i, wanted - 1)]);
    if (!value) return std::unexpected(fmt::format("arg {}: {}", i, value.error()));
    out.push_back(std::move(*value));
  }
  return out;
}

Outcome call(Invocation& invocation, std::span<const Value> arguments) {
  auto function = arguments[0].held();
  if (!function.valid()) return std::unexpected("call of nil");
  if (function.kind() != Kind::Func) return std::unexpected("non-function of type " + type_name(function));
  if (!function.identity()) return std::unexpected("reflect.Value.Call: call of nil function");
  const auto& target = function.as_function();
  auto values = call_arguments(target.signature, arguments.subspan(1));
  if (!values) return std::unexpected(values.error());
  if (!target.body) return std::unexpected("reflect.Value.Call: call of nil function");
  auto result = target.body(invocation, *values);
  if (!result) return result;
  return std::move(*result).as(*target.signature.result);
}

}  // namespace

void add_collections(FunctionMap& functions) {
  const Signature several{{&types::kRaw, &types::kRaw}, true, &types::kRaw};
  functions["index"] = {several, index};
  functions["slice"] = {several, slice};
  functions["call"] = {several, call};
  functions["len"] = {{{&types::kRaw}, false, &types::kInt}, length};
  functions["and"] = {several, {}};
  functions["or"] = {several, {}};
}

}  // namespace dfp::tmpl
