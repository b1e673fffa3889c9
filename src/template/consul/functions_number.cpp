#include <fmt/format.h>

#include "base/parse.hpp"
#include "template/bind.hpp"
#include "template/consul/functions.hpp"
#include "template/format.hpp"
#include "template/number.hpp"
#include "template/quote.hpp"

namespace dfp::tmpl::consul {
namespace {

enum class Operation { Add, Subtract, Multiply, Divide, Modulo };

struct Arithmetic {
  Operation operation;
  const char* name;
};

template <class T>
std::expected<T, std::string> whole(Operation operation, T a, T b) {
  using Wide = std::uint64_t;  // wraps around as Go's integers do
  auto wide_a = static_cast<Wide>(a);
  auto wide_b = static_cast<Wide>(b);
  switch (operation) {
    case Operation::Add:
      return static_cast<T>(wide_a + wide_b);
    case Operation::Subtract:
      return static_cast<T>(wide_a - wide_b);
    case Operation::Multiply:
      return static_cast<T>(wide_a * wide_b);
    default:
      break;
  }
  if (b == 0) return std::unexpected("runtime error: integer divide by zero");
  bool divides = operation == Operation::Divide;
  if (std::is_signed_v<T> && b == static_cast<T>(-1))
    return divides ? static_cast<T>(Wide{0} - wide_a) : T{0};
  return static_cast<T>(divides ? a / b : a % b);
}

double real(Operation operation, double a, double b) {
  switch (operation) {
    case Operation::Add:
      return a + b;
    case Operation::Subtract:
      return a - b;
    case Operation::Multiply:
      return a * b;
    default:
      return a / b;
  }
}

bool is_integer(const Value& value) {
  return value.held_kind() == Kind::Int || value.held_kind() == Kind::Uint;
}
bool is_number(const Value& value) { return is_integer(value) || value.held_kind() == Kind::Float; }

double as_real(const Value& value) {
  if (value.held_kind() == Kind::Float) return value.as_double();
  return value.held_kind() == Kind::Int ? static_cast<double>(value.as_int())
                                        : static_cast<double>(value.as_uint());
}

std::unexpected<std::string> unknown_type(Invocation& call, const char* name, const Value& value) {
  auto shown = value.valid() ? printed(value, call, 'q') : "<invalid reflect.Value>";
  return std::unexpected(fmt::format("{}: unknown type for {} ({})", name, shown, type_name(value)));
}

/// The last argument is the left operand: `subtract 1 5` is 4.
Outcome calculate(Invocation& call, const Arithmetic& arithmetic, const Value& b, const Value& a) {
  bool modulo = arithmetic.operation == Operation::Modulo;
  auto usable = modulo ? is_integer : is_number;
  if (!usable(a)) return unknown_type(call, arithmetic.name, a);
  if (!usable(b)) return unknown_type(call, arithmetic.name, b);
  if (!is_integer(a) || !is_integer(b)) return Value::of(real(arithmetic.operation, as_real(a), as_real(b)));
  if (a.held_kind() == Kind::Uint && b.held_kind() == Kind::Uint) {
    auto result = whole(arithmetic.operation, a.as_uint(), b.as_uint());
    if (!result) return std::unexpected(result.error());
    return Value::unsigned_integer(*result, types::kUint64);
  }
  auto result = whole(arithmetic.operation, a.as_int(), b.as_int());
  if (!result) return std::unexpected(result.error());
  return Value::integer(*result, types::kInt64);
}

/// In the 64 bits wide type of its kind.
Value widened(const Value& value) {
  if (value.held_kind() == Kind::Int) return Value::integer(value.as_int(), types::kInt64);
  if (value.held_kind() == Kind::Uint) return Value::unsigned_integer(value.as_uint(), types::kUint64);
  return value;
}

Outcome extreme(Invocation& call, bool largest, const Value& b, const Value& a) {
  const char* name = largest ? "maximum" : "minimum";
  if (!is_number(a)) return unknown_type(call, name, a);
  if (!is_number(b)) return unknown_type(call, name, b);
  bool less = false;
  bool greater = false;
  if (a.held_kind() == Kind::Uint && b.held_kind() == Kind::Uint) {
    less = a.as_uint() < b.as_uint();
    greater = a.as_uint() > b.as_uint();
  } else if (is_integer(a) && is_integer(b)) {
    less = a.as_int() < b.as_int();
    greater = a.as_int() > b.as_int();
  } else {
    less = as_real(a) < as_real(b);
    greater = as_real(a) > as_real(b);
  }
  return widened((largest ? greater : less) ? a : b);
}

std::unexpected<std::string> unparsable(const char* function, const char* go_function, std::string_view text,
                                        NumberError error) {
  return std::unexpected(fmt::format("{}: strconv.{}: parsing {}: {}", function, go_function, quoted(text),
                                     error == NumberError::Range ? "value out of range" : "invalid syntax"));
}

Outcome parse_int(std::string_view text) {
  if (text.empty()) return Value::integer(0, types::kInt64);
  auto parsed = parse_signed(text, 10);
  if (!parsed.ok()) return unparsable("parseInt", "ParseInt", text, *parsed.error);
  return Value::integer(parsed.value, types::kInt64);
}

Outcome parse_uint(std::string_view text) {
  if (text.empty()) return Value::unsigned_integer(0, types::kUint64);
  auto parsed = parse_unsigned(text, 10);
  if (!parsed.ok()) return unparsable("parseUint", "ParseUint", text, *parsed.error);
  return Value::unsigned_integer(parsed.value, types::kUint64);
}

Outcome parse_float(std::string_view text) {
  if (text.empty()) return Value::of(0.0);
  auto parsed = parse_double(text);
  if (!parsed.ok()) return unparsable("parseFloat", "ParseFloat", text, *parsed.error);
  return Value::of(parsed.value);
}

Outcome parse_bool(std::string_view text) {
  if (text.empty()) return Value::of(false);
  auto parsed = parse::boolean(text);
  if (!parsed) return unparsable("parseBool", "ParseBool", text, NumberError::Syntax);
  return Value::of(*parsed);
}

}  // namespace

void add_number_functions(FunctionMap& functions) {
  for (auto arithmetic : {Arithmetic{Operation::Add, "add"}, Arithmetic{Operation::Subtract, "subtract"},
                          Arithmetic{Operation::Multiply, "multiply"},
                          Arithmetic{Operation::Divide, "divide"}, Arithmetic{Operation::Modulo, "modulo"}})
    functions[arithmetic.name] =
        bind([arithmetic](Invocation& call, Value b, Value a) { return calculate(call, arithmetic, b, a); });
  functions["minimum"] = bind([](Invocation& call, Value b, Value a) { return extreme(call, false, b, a); });
  functions["maximum"] = bind([](Invocation& call, Value b, Value a) { return extreme(call, true, b, a); });

  functions["parseInt"] = typed(bind([](std::string_view text) { return parse_int(text); }), types::kInt64);
  functions["parseUint"] =
      typed(bind([](std::string_view text) { return parse_uint(text); }), types::kUint64);
  functions["parseFloat"] =
      typed(bind([](std::string_view text) { return parse_float(text); }), types::kFloat64);
  functions["parseBool"] = typed(bind([](std::string_view text) { return parse_bool(text); }), types::kBool);
}

}  // namespace dfp::tmpl::consul
