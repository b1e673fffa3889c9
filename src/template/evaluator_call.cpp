#include <fmt/format.h>
#include <boost/container/small_vector.hpp>

#include "template/builtins.hpp"
#include "template/evaluator.hpp"

namespace dfp::tmpl {
namespace {

/// Containers that nest deeper are refused: taking them apart would need too much stack.
constexpr std::uint32_t kDeepestValue = 200;

bool can_be_nil(const Type& type) {
  switch (type.kind) {
    case Kind::Channel:
    case Kind::Func:
    case Kind::Interface:
    case Kind::Map:
    case Kind::Pointer:
    case Kind::Slice:
      return true;
    default:
      return &type == &types::kRaw;
  }
}

/// Interfaces are not seen by functions: they get what is inside.
Value nil_of(const Type& type) {
  return type.kind == Kind::Interface || &type == &types::kRaw ? Value() : Value::zero(type);
}

/// Cuts an integer to the width of its type, as Go's reflection does.
std::uint64_t truncated(std::uint64_t value, const Type& type) {
  if (type.bits >= 64) return value;
  auto shift = 64 - type.bits;
  if (type.kind == Kind::Int)
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(value << shift) >> shift);
  return value << shift >> shift;
}

/// What a value occupies beyond its handle.
std::size_t weight(const Value& value) {
  return value.held_kind() == Kind::String ? value.length() : value.length() * sizeof(Value);
}

Outcome nil_receiver(std::string_view method, const Type& pointer) {
  const auto& type = pointer.element->name;
  return std::unexpected(fmt::format("value method {}.{} called using nil *{} pointer", type, method,
                                     type.substr(type.rfind('.') + 1)));
}

}  // namespace

Value Evaluator::function(const Value& dot, const IdentifierNode& node, const Node& where,
                          const Arguments& arguments) {
  at(node);
  Callee callee{node.function, node.name};
  if (node.function.body) return call(dot, callee, where, arguments);
  check_count(callee, arguments);
  return short_circuit(dot, node.name == "or", arguments);
}

/// and, or: the first argument that decides, or the last one.
Value Evaluator::short_circuit(const Value& dot, bool is_or, const Arguments& arguments) {
  Value value;
  for (const auto& node : arguments.nodes) {
    value = argument(dot, &types::kRaw, *node);
    if (value.truth() == is_or) return value;
  }
  return arguments.final ? checked(*arguments.final, &types::kRaw) : value;
}

void Evaluator::check_count(const Callee& callee, const Arguments& arguments) {
  const auto& signature = callee.function.signature;
  std::size_t received = callee.receiver ? 1 : 0;
  auto given = arguments.nodes.size() + (arguments.final ? 1 : 0);
  auto wanted = signature.parameters.size() - received;
  if (signature.variadic) {
    if (given + 1 < wanted)
      fail(fmt::format("wrong number of args for {}: want at least {} got {}", callee.name, wanted - 1,
                       arguments.nodes.size()));
  } else if (given != wanted) {
    fail(fmt::format("wrong number of args for {}: want {} got {}", callee.name, wanted, given));
  }
}

Value Evaluator::call(const Value& dot, const Callee& callee, const Node& where, const Arguments& arguments) {
  check_count(callee, arguments);
  const auto& parameters = callee.function.signature.parameters;
  boost::container::small_vector<Value, 6> values;
  auto type_of_next = [&] { return parameters[std::min(values.size(), parameters.size() - 1)]; };
  if (callee.receiver) values.push_back(*callee.receiver);
  for (const auto& node : arguments.nodes) {
    const auto* type = type_of_next();
    values.push_back(argument(dot, type, *node));
  }
  if (arguments.final) values.push_back(checked(*arguments.final, type_of_next()));
  return finish(callee, where, {values.data(), values.size()});
}

Value Evaluator::finish(const Callee& callee, const Node& where, std::span<const Value> values) {
  auto result =
      callee.on_nil ? nil_receiver(callee.name, *values[0].type()) : callee.function.body(*this, values);
  if (!result) {
    at(where);
    fail(fmt::format("error calling {}: {}", callee.name, result.error()));
  }
  budget_.charge_bytes(weight(*result));
  if (result->nesting() > kDeepestValue) throw LimitExceeded{"its values are nested too deeply"};
  const Type* type = callee.function.signature.result;
  if (type == &types::kRaw) return std::move(*result);
  return std::move(*result).as(*type);
}

/// @param type nullptr: any value as it is
Value Evaluator::argument(const Value& dot, const Type* type, const Node& node) {
  at(node);
  switch (node.kind) {
    case NodeKind::Dot:
      return checked(dot, type);
    case NodeKind::Nil:
      if (!can_be_nil(*type)) fail("cannot assign nil to " + type->name);
      return nil_of(*type);
    case NodeKind::Field:
    case NodeKind::Variable:
      return checked(path(dot, static_cast<const PathNode&>(node), {}), type);
    case NodeKind::Pipe: {
      Nested nested(*this);
      return checked(pipeline(dot, &static_cast<const PipeNode&>(node)), type);
    }
    case NodeKind::Identifier:
      return checked(function(dot, static_cast<const IdentifierNode&>(node), node, {}), type);
    case NodeKind::Chain:
      return checked(chain(dot, static_cast<const ChainNode&>(node), {}), type);
    default:
      return constant_argument(dot, *type, node);
  }
}

Value Evaluator::constant_argument(const Value&, const Type& type, const Node& node) {
  switch (type.kind) {
    case Kind::Bool:
      if (node.kind != NodeKind::Bool) fail("expected bool; found " + node.source());
      return constant(node);
    case Kind::String: {
      if (node.kind != NodeKind::String) fail("expected string; found " + node.source());
      auto text = constant(node);
      return &type == &types::kString ? text : Value::string(std::string(text.as_string()), type);
    }
    case Kind::Int:
    case Kind::Uint:
    case Kind::Float:
    case Kind::Complex:
      return number_argument(type, node);
    case Kind::Interface:
      if (!type.is_signature) return constant(node);
      break;
    default:
      if (&type == &types::kRaw) return constant(node);
  }
  fail(fmt::format("can't handle {} for arg of type {}", node.source(), type.name));
}

Value Evaluator::number_argument(const Type& type, const Node& node) {
  static const NumberNode kNone(0, "");
  const auto& number = node.kind == NodeKind::Number ? static_cast<const NumberNode&>(node) : kNone;
  switch (type.kind) {
    case Kind::Int:
      if (!number.is_int) fail("expected integer; found " + node.source());
      return Value::integer(
          static_cast<std::int64_t>(truncated(static_cast<std::uint64_t>(number.integer), type)), type);
    case Kind::Uint:
      if (!number.is_uint) fail("expected unsigned integer; found " + node.source());
      return Value::unsigned_integer(truncated(number.natural, type), type);
    case Kind::Float:
      if (!number.is_float) fail("expected float; found " + node.source());
      return Value::of(number.number);
    default:
      if (!number.is_complex) fail("expected complex; found " + node.source());
      return Value::of(number.complex_number);
  }
}

/// The value as one of the parameter's type.
Value Evaluator::checked(Value value, const Type* type) {
  if (!type || type == &types::kRaw) return value;
  if (!value.valid()) {
    if (can_be_nil(*type)) return nil_of(*type);
    fail("invalid value; expected " + type->name);
  }
  if (type->kind == Kind::Interface) return std::move(value).held();
  if (value.kind() == Kind::Interface && !value.is_nil()) value = std::move(value).held();
  const Type& actual = *value.static_type();
  if (assignable(actual, *type)) return value;
  if (value.kind() == Kind::Pointer && assignable(*actual.element, *type)) {
    if (value.is_nil()) fail("dereference of nil pointer of type " + type->name);
    return value.pointee();
  }
  if (value.addressable() && actual.pointer == type) return value.address();
  fail(fmt::format("wrong type for value; expected {}; got {}", type->name, actual.name));
}

}  // namespace dfp::tmpl
