#include <fmt/format.h>

#include "template/builtins.hpp"
#include "template/evaluator.hpp"
#include "template/method.hpp"
#include "template/quote.hpp"

namespace dfp::tmpl {

Value Evaluator::pipeline(const Value& dot, const PipeNode* pipe) {
  if (!pipe) return {};
  budget_.charge_steps(1);
  at(*pipe);
  Value value;
  bool first = true;
  for (const auto& node : pipe->commands) {
    value = command(dot, *node, first ? nullptr : &value);
    if (value.slot() == Value::Slot::Any) value = std::move(value).held();
    first = false;
  }
  for (const auto& name : pipe->variables) {
    if (pipe->assigns)
      variable(name) = value;
    else
      push(name, value);
  }
  return value;
}

Value Evaluator::command(const Value& dot, const CommandNode& node, const Value* final) {
  const Node& first = *node.arguments.front();
  Arguments arguments{std::span(node.arguments).subspan(1), final};
  switch (first.kind) {
    case NodeKind::Field:
    case NodeKind::Variable:
      return path(dot, static_cast<const PathNode&>(first), arguments);
    case NodeKind::Chain:
      return chain(dot, static_cast<const ChainNode&>(first), arguments);
    case NodeKind::Identifier:
      return function(dot, static_cast<const IdentifierNode&>(first), node, arguments);
    case NodeKind::Pipe: {
      not_a_function(node.arguments, final);
      Nested nested(*this);
      return pipeline(dot, &static_cast<const PipeNode&>(first));
    }
    default:
      break;
  }
  at(first);
  not_a_function(node.arguments, final);
  if (first.kind == NodeKind::Dot) return dot;
  if (first.kind == NodeKind::Nil) fail("nil is not a command");
  return constant(first);
}

void Evaluator::not_a_function(const NodeList& arguments, const Value* final) {
  if (arguments.size() > 1 || final)
    fail("can't give argument to non-function " + arguments.front()->source());
}

/// true, "text", 1
Value Evaluator::constant(const Node& node) {
  if (node.kind == NodeKind::Number) return number(static_cast<const NumberNode&>(node));
  return static_cast<const ConstantNode&>(node).value;
}

/// The number as what it looks like: complex, float or int.
Value Evaluator::number(const NumberNode& node) {
  at(node);
  if (node.is_complex) return Value::of(node.complex_number);
  if (node.looks_like_float()) return Value::of(node.number);
  if (node.is_int) return Value::integer(node.integer);
  fail(node.text + " overflows int");
}

Value Evaluator::path(const Value& dot, const PathNode& node, const Arguments& arguments) {
  at(node);
  if (node.kind == NodeKind::Field) return fields(dot, dot, node.names, node, arguments);
  const auto& value = variable(node.names.front());
  if (node.names.size() > 1) return fields(dot, value, std::span(node.names).subspan(1), node, arguments);
  if (arguments.any()) fail("can't give argument to non-function " + node.names.front());
  return value;
}

Value Evaluator::chain(const Value& dot, const ChainNode& node, const Arguments& arguments) {
  at(node);
  if (node.operand->kind == NodeKind::Nil) fail("indirection through explicit nil in " + node.source());
  auto value = argument(dot, nullptr, *node.operand);
  return fields(dot, std::move(value), node.names, node, arguments);
}

/// Arguments belong to the last name.
Value Evaluator::fields(const Value& dot, Value receiver, std::span<const std::string> names,
                        const Node& node, const Arguments& arguments) {
  for (const auto& name : names.first(names.size() - 1)) receiver = field(dot, name, node, {}, receiver);
  return field(dot, names.back(), node, arguments, receiver);
}

/// A method, a field of a struct or an entry of a map.
Value Evaluator::field(const Value& dot, const std::string& name, const Node& node,
                       const Arguments& arguments, const Value& receiver) {
  budget_.charge_steps(1);
  if (!receiver.valid()) {
    if (source_.options.missing_key == MissingKey::Error) fail("nil data; no entry for key " + quoted(name));
    return {};
  }
  const Type& static_type = *receiver.static_type();
  auto [target, is_nil] = indirect(receiver);
  if (is_nil && target.kind() == Kind::Interface)
    fail(fmt::format("nil pointer evaluating {}.{}", static_type.name, name));
  if (!target.type()->methods.empty() || target.kind() == Kind::Struct || target.kind() == Kind::Pointer)
    if (auto method = find_method(target, name))
      return call(dot, {*method->function, name, &method->receiver, method->on_nil}, node, arguments);
  if (target.kind() == Kind::Struct) {
    if (int index = target.type()->field_index(name); index >= 0)
      return struct_field(target, index, name, static_type, arguments);
  } else if (target.kind() == Kind::Map && assignable(types::kString, *target.type()->key)) {
    return map_entry(target, name, arguments);
  } else if (is_nil && target.type()->element->field_index(name) >= 0) {
    fail(fmt::format("nil pointer evaluating {}.{}", static_type.name, name));
  }
  fail(fmt::format("can't evaluate field {} in type {}", name, static_type.name));
}

Value Evaluator::struct_field(const Value& target, int index, const std::string& name,
                              const Type& static_type, const Arguments& arguments) {
  const auto& field = target.type()->fields[static_cast<std::size_t>(index)];
  if (!field.exported())
    fail(fmt::format("{} is an unexported field of struct type {}", name, static_type.name));
  if (arguments.any()) fail(name + " has arguments but cannot be invoked as function");
  const auto& value = target.fields()[static_cast<std::size_t>(index)];
  return value.with_addressable(target.addressable()).as(*field.type);
}

Value Evaluator::map_entry(const Value& target, const std::string& name, const Arguments& arguments) {
  if (arguments.any()) fail(name + " is not a method but has arguments");
  const Type& element = *target.type()->element;
  if (const auto* found = target.find(name)) return found->as(element);
  switch (source_.options.missing_key) {
    case MissingKey::Default:
      return {};
    case MissingKey::Zero:
      return Value::zero(element);
    case MissingKey::Error:
      break;
  }
  fail("map has no entry for key " + quoted(name));
}

}  // namespace dfp::tmpl
