#include "template/format.hpp"

#include <fmt/format.h>

#include "template/method.hpp"
#include "template/unicode.hpp"

namespace dfp::tmpl {
namespace {

bool is_text_verb(char32_t verb) {
  return verb == 'v' || verb == 's' || verb == 'x' || verb == 'X' || verb == 'q';
}

bool is_scalar(Kind kind) {
  return kind == Kind::Bool || kind == Kind::Int || kind == Kind::Uint || kind == Kind::Float ||
         kind == Kind::Complex || kind == Kind::String;
}

}  // namespace

std::string type_name(const Value& value) { return value.type() ? value.type()->name : "<nil>"; }

std::string printed(const Value& value, Invocation& invocation, char verb) {
  constexpr std::size_t kLongest = 4096;
  Sink sink(kLongest, "");
  try {
    Printer(sink, invocation).print_format(std::string("%") + verb, {&value, 1});
  } catch (const LimitExceeded&) {
    sink = Sink(kLongest, "");
    sink.put("a large " + type_name(value));
  }
  return std::move(sink).take();
}

void Printer::value(const Value& value) { argument(value, 'v'); }

void Printer::print(std::span<const Value> values) {
  bool after_text = true;
  for (const auto& value : values) {
    bool is_text = value.held_kind() == Kind::String;
    if (!is_text && !after_text) sink_.put(' ');
    argument(value, 'v');
    after_text = is_text;
  }
}

void Printer::print_line(std::span<const Value> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) sink_.put(' ');
    argument(values[i], 'v');
  }
  sink_.put('\n');
}

/// An operand of a directive.
void Printer::argument(const Value& value, char32_t verb) {
  if (value.held_kind() == Kind::Invalid) {
    if (verb == 'T' || verb == 'v')
      pad("<nil>");
    else
      bad_verb(value, verb);
    return;
  }
  if (value.slot() != Value::Slot::None) return argument(value.held(), verb);
  if (verb == 'T') {
    text(type_name(value), 's', value);
    return;
  }
  if (verb == 'p') {
    pointer(value, 'p');
    return;
  }
  if (is_scalar(value.held_kind()) && value.type()->methods.empty()) {
    plain(value, verb, 0);
  } else if (verb == 'w' && !erroring_ && value.type() != &types::kBytes) {
    bad_verb(value, verb);
  } else if (!call_method(value, verb)) {
    plain(value, verb, 0);
  }
}

/// A part of an operand: an element, a field.
void Printer::nested(const Value& value, char32_t verb, int depth) {
  if (value.held_kind() == Kind::Invalid) {
    if (flags_.sharp_v)
      sink_.put(std::string(value.static_type() ? value.static_type()->name : "interface {}") + "(nil)");
    else
      sink_.put("<nil>");
    return;
  }
  if (value.slot() != Value::Slot::None) return nested(value.held(), verb, depth);
  if (!call_method(value, verb)) plain(value, verb, depth);
}

/// Values that describe themselves: Error() and String().
bool Printer::call_method(const Value& value, char32_t verb) {
  if (erroring_ || flags_.sharp_v || !is_text_verb(verb)) return false;
  auto unplaced = value.with_addressable(false);  // methods on pointers do not count here
  auto method = find_method(unplaced, "Error");
  if (!method) method = find_method(unplaced, "String");
  if (!method || method->on_nil || method->function->signature.parameters.size() != 1) return false;
  auto described = method->function->body(invocation_, {&method->receiver, 1});
  text(described ? described->as_string() : std::string_view(described.error()), verb, value);
  return true;
}

void Printer::bad_verb(const Value& value, char32_t verb) {
  erroring_ = true;
  sink_.put("%!" + unicode::encode(verb) + "(");
  if (value.held_kind() == Kind::Invalid) {
    sink_.put("<nil>");
  } else {
    sink_.put(type_name(value));
    sink_.put('=');
    argument(value, 'v');
  }
  sink_.put(')');
  erroring_ = false;
}

void Printer::plain(const Value& value, char32_t verb, int depth) {
  switch (value.held_kind()) {
    case Kind::Bool:
      return boolean(value, verb);
    case Kind::Int:
    case Kind::Uint:
      return integer(value, verb);
    case Kind::Float:
      return floating(value.as_double(), verb, value);
    case Kind::Complex:
      return complex(value, verb);
    case Kind::String:
      return text(value.as_string(), verb, value);
    case Kind::Slice:
    case Kind::Array:
      return list(value, verb, depth);
    case Kind::Map:
      return map(value, verb, depth);
    case Kind::Struct:
      return structure(value, verb, depth);
    case Kind::Pointer:
      if (depth > 0 || value.is_nil()) return pointer(value, verb);
      sink_.put('&');
      return nested(value.pointee(), verb, depth + 1);
    default:
      return pointer(value, verb);
  }
}

void Printer::list(const Value& value, char32_t verb, int depth) {
  const Type& type = *value.type();
  bool is_bytes = type.element->kind == Kind::Uint && type.element->bits == 8;
  bool as_bytes = is_bytes && (verb == 's' || verb == 'q' || verb == 'x' || verb == 'X');
  if (as_bytes || (is_bytes && depth == 0 && &type == &types::kBytes && (verb == 'v' || verb == 'd')))
    return bytes(value, verb);
  if (flags_.sharp_v) {
    sink_.put(type.name);
    if (value.is_nil()) return sink_.put("(nil)");
  }
  sink_.put(flags_.sharp_v ? '{' : '[');
  bool first = true;
  for (const auto& item : value.items()) {
    if (!first) sink_.put(flags_.sharp_v ? ", " : " ");
    first = false;
    nested(item.as(*type.element), verb, depth + 1);
  }
  sink_.put(flags_.sharp_v ? '}' : ']');
}

void Printer::map(const Value& value, char32_t verb, int depth) {
  const Type& type = *value.type();
  if (flags_.sharp_v) {
    sink_.put(type.name);
    if (value.is_nil()) return sink_.put("(nil)");
    sink_.put('{');
  } else {
    sink_.put("map[");
  }
  bool first = true;
  for (const auto& entry : value.entries()) {
    if (!first) sink_.put(flags_.sharp_v ? ", " : " ");
    first = false;
    nested(entry.key.as(*type.key), verb, depth + 1);
    sink_.put(':');
    nested(entry.value.as(*type.element), verb, depth + 1);
  }
  sink_.put(flags_.sharp_v ? '}' : ']');
}

void Printer::structure(const Value& value, char32_t verb, int depth) {
  const Type& type = *value.type();
  if (flags_.sharp_v) sink_.put(type.name);
  sink_.put('{');
  auto fields = value.fields();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) sink_.put(flags_.sharp_v ? ", " : " ");
    if (flags_.plus_v || flags_.sharp_v) sink_.put(type.fields[i].name + ":");
    nested(fields[i].as(*type.fields[i].type), verb, depth + 1);
  }
  sink_.put('}');
}

/// Pointers, functions, channels: where they are.
void Printer::pointer(const Value& value, char32_t verb) {
  switch (value.held_kind()) {
    case Kind::Pointer:
    case Kind::Func:
    case Kind::Channel:
    case Kind::Map:
    case Kind::Slice:
      break;
    default:
      return bad_verb(value, verb);
  }
  auto address = reinterpret_cast<std::uintptr_t>(value.identity());
  if (value.is_nil()) address = 0;
  auto flags = flags_;
  if (verb == 'v' && flags_.sharp_v) {
    sink_.put("(" + type_name(value) + ")(");
    flags_.sharp = true;
    if (address == 0)
      sink_.put("nil");
    else
      digits(address, false, 16, verb, false);
    sink_.put(')');
  } else if (verb == 'v' && address == 0) {
    pad("<nil>");
  } else if (verb == 'v' || verb == 'p') {
    flags_.sharp = !flags_.sharp;
    digits(address, false, 16, verb, false);
  } else if (std::u32string_view(U"bodxX").find(verb) != std::u32string_view::npos) {
    integer(Value::unsigned_integer(address, types::kUint64), verb);
  } else {
    bad_verb(value, verb);
  }
  flags_ = flags;
}

void Printer::bytes(const Value& value, char32_t verb) {
  std::string content;
  for (const auto& byte : value.items()) content += static_cast<char>(byte.as_uint());
  if (verb != 'v' && verb != 'd') return text(content, verb, value);
  if (flags_.sharp_v) {
    sink_.put("[]byte");
    if (value.is_nil()) return sink_.put("(nil)");
  }
  sink_.put(flags_.sharp_v ? '{' : '[');
  bool first = true;
  for (const auto& byte : value.items()) {
    if (!first) sink_.put(flags_.sharp_v ? ", " : " ");
    first = false;
    integer(byte, 'v');
  }
  sink_.put(flags_.sharp_v ? '}' : ']');
}

}  // namespace dfp::tmpl
