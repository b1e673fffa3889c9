#include <fmt/format.h>

#include <algorithm>

#include "template/builtins.hpp"

namespace dfp::tmpl {
namespace {

constexpr const char* kBadType = "invalid type for comparison";
constexpr const char* kIncompatible = "incompatible types for comparison";
using Verdict = std::expected<bool, std::string>;

bool is_basic(Kind kind) {
  return kind == Kind::Bool || kind == Kind::Complex || kind == Kind::Int || kind == Kind::Float ||
         kind == Kind::String || kind == Kind::Uint;
}
Kind basic_kind(const Value& value) { return is_basic(value.kind()) ? value.kind() : Kind::Invalid; }

/// Values of one kind, whatever their types are called.
bool same_content(const Value& a, const Value& b);

/// Go's == for values of comparable types.
bool same(const Value& a, const Value& b) { return a.type() == b.type() && same_content(a, b); }

bool same_content(const Value& a, const Value& b) {
  switch (a.held_kind()) {
    case Kind::Invalid:
      return true;
    case Kind::Bool:
      return a.as_bool() == b.as_bool();
    case Kind::Int:
    case Kind::Uint:
      return a.as_uint() == b.as_uint();
    case Kind::Float:
      return a.as_double() == b.as_double();
    case Kind::Complex:
      return a.as_complex() == b.as_complex();
    case Kind::String:
      return a.as_string() == b.as_string();
    case Kind::Array:
    case Kind::Struct:
      return std::ranges::equal(a.items(), b.items(), same);
    default:
      return a.identity() == b.identity();
  }
}

/// Neither is of a basic kind.
Verdict equal_others(const Value& a, const Value& b, Invocation& invocation) {
  if (a.kind() != b.kind() && a.valid() && b.valid()) {
    // The words are in this order in Go, too.
    return std::unexpected(fmt::format("non-comparable types {}: {}, {}: {}", printed(a, invocation, 's'),
                                       type_name(a), type_name(b), printed(b, invocation)));
  }
  bool a_nil = !a.valid() || a.is_nil();
  bool b_nil = !b.valid() || b.is_nil();
  if (a_nil || b_nil) return a_nil == b_nil;
  if (!b.type()->comparable())
    return std::unexpected(
        fmt::format("non-comparable type {}: {}", printed(b, invocation, 's'), type_name(b)));
  return same(a, b);
}

/// Integers of both kinds compare by value.
bool mixed_equal(const Value& signed_value, const Value& unsigned_value) {
  return signed_value.as_int() >= 0 && signed_value.as_uint() == unsigned_value.as_uint();
}

Verdict equal(const Value& a, const Value& b, Invocation& invocation) {
  auto first = basic_kind(a);
  auto second = basic_kind(b);
  if (first == second) return first == Kind::Invalid ? equal_others(a, b, invocation) : same_content(a, b);
  if (first == Kind::Int && second == Kind::Uint) return mixed_equal(a, b);
  if (first == Kind::Uint && second == Kind::Int) return mixed_equal(b, a);
  if (a.valid() && b.valid()) return std::unexpected(kIncompatible);
  return false;
}

Verdict equal_any(std::span<const Value> arguments, Invocation& invocation) {
  auto first = arguments[0].held();
  if (arguments.size() < 2) return std::unexpected("missing argument for comparison");
  for (const auto& argument : arguments.subspan(1)) {
    auto verdict = equal(first, argument.held(), invocation);
    if (!verdict || *verdict) return verdict;
  }
  return false;
}

Verdict less(const Value& left, const Value& right) {
  auto a = left.held();
  auto b = right.held();
  auto first = basic_kind(a);
  auto second = basic_kind(b);
  if (first == Kind::Invalid || second == Kind::Invalid) return std::unexpected(kBadType);
  if (first == Kind::Int && second == Kind::Uint) return a.as_int() < 0 || a.as_uint() < b.as_uint();
  if (first == Kind::Uint && second == Kind::Int) return b.as_int() >= 0 && a.as_uint() < b.as_uint();
  if (first != second) return std::unexpected(kIncompatible);
  switch (first) {
    case Kind::Float:
      return a.as_double() < b.as_double();
    case Kind::Int:
      return a.as_int() < b.as_int();
    case Kind::Uint:
      return a.as_uint() < b.as_uint();
    case Kind::String:
      return a.as_string() < b.as_string();
    default:
      return std::unexpected(kBadType);
  }
}

Verdict less_or_equal(const Value& a, const Value& b, Invocation& invocation) {
  auto verdict = less(a, b);
  if (!verdict || *verdict) return verdict;
  return equal(a.held(), b.held(), invocation);
}

Verdict inverted(Verdict verdict) {
  if (verdict) *verdict = !*verdict;
  return verdict;
}

Outcome outcome(const Verdict& verdict) {
  if (!verdict) return std::unexpected(verdict.error());
  return Value::of(*verdict);
}

template <class F>
Function binary(F compare) {
  return {{{&types::kRaw, &types::kRaw}, false, &types::kBool},
          [compare](Invocation& invocation, std::span<const Value> arguments) {
            return outcome(compare(arguments[0], arguments[1], invocation));
          }};
}

}  // namespace

void add_comparisons(FunctionMap& functions) {
  functions["eq"] = {{{&types::kRaw, &types::kRaw}, true, &types::kBool},
                     [](Invocation& invocation, std::span<const Value> arguments) {
                       return outcome(equal_any(arguments, invocation));
                     }};
  functions["ne"] = binary([](const Value& a, const Value& b, Invocation& invocation) {
    return inverted(equal(a.held(), b.held(), invocation));
  });
  functions["lt"] = binary([](const Value& a, const Value& b, Invocation&) { return less(a, b); });
  functions["le"] = binary(less_or_equal);
  functions["gt"] = binary([](const Value& a, const Value& b, Invocation& invocation) {
    return inverted(less_or_equal(a, b, invocation));
  });
  functions["ge"] = binary([](const Value& a, const Value& b, Invocation&) { return inverted(less(a, b)); });
  functions["not"] = {{{&types::kRaw}, false, &types::kBool},
                      [](Invocation&, std::span<const Value> arguments) -> Outcome {
                        return Value::of(!arguments[0].truth());
                      }};
}

}  // namespace dfp::tmpl
