#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "template/function.hpp"

/// Makes template functions out of C++ callables; Go's signature is deduced from theirs.
namespace dfp::tmpl {

/// A parameter that takes all remaining arguments.
template <class T>
struct Rest {
  std::vector<T> values;
};

namespace detail {

/// How a C++ parameter is declared in Go, and how it is read.
template <class T>
struct Parameter;
template <>
struct Parameter<bool> {
  static constexpr const Type* type = &types::kBool;
  static bool read(const Value& value) { return value.as_bool(); }
};
template <>
struct Parameter<std::int64_t> {
  static constexpr const Type* type = &types::kInt;
  static std::int64_t read(const Value& value) { return value.as_int(); }
};
template <>
struct Parameter<double> {
  static constexpr const Type* type = &types::kFloat64;
  static double read(const Value& value) { return value.as_double(); }
};
template <>
struct Parameter<std::string_view> {
  static constexpr const Type* type = &types::kString;
  static std::string_view read(const Value& value) { return value.as_string(); }
};
template <>
struct Parameter<std::vector<std::string>> {
  static constexpr const Type* type = &types::kStringList;
  static std::vector<std::string> read(const Value& value) {
    std::vector<std::string> out;
    for (const auto& item : value.items()) out.emplace_back(item.as_string());
    return out;
  }
};
template <>
struct Parameter<Value> {
  static constexpr const Type* type = &types::kAny;
  static const Value& read(const Value& value) { return value; }
};

template <class T>
struct IsRest : std::false_type {};
template <class T>
struct IsRest<Rest<T>> : std::true_type {
  using Element = T;
};

// What a callable gives: a value or std::expected of one; a Value may be of any type.
template <class T>
struct Result {
  static const Type* type() { return Parameter<T>::type; }
  static Outcome write(T value) { return Value::of(std::move(value)); }
};
template <>
struct Result<std::string> {
  static const Type* type() { return &types::kString; }
  static Outcome write(std::string value) { return Value::of(std::move(value)); }
};
template <>
struct Result<Value> {
  static const Type* type() { return &types::kAny; }
  static Outcome write(Value value) { return value; }
};
template <class T>
struct Result<std::expected<T, std::string>> {
  static const Type* type() { return Result<T>::type(); }
  static Outcome write(std::expected<T, std::string> value) {
    if (!value) return std::unexpected(std::move(value).error());
    return Result<T>::write(std::move(*value));
  }
};

template <class P>
auto read_argument(std::span<const Value> arguments, std::size_t index) {
  if constexpr (IsRest<P>::value) {
    P out;
    for (const auto& argument : arguments.subspan(index))
      out.values.push_back(Parameter<typename IsRest<P>::Element>::read(argument));
    return out;
  } else {
    return Parameter<P>::read(arguments[index]);
  }
}

template <class P>
constexpr const Type* type_of() {
  if constexpr (IsRest<P>::value)
    return Parameter<typename IsRest<P>::Element>::type;
  else
    return Parameter<P>::type;
}

template <class F, class R, class... P>
Function bind_as(F callable, std::type_identity<R(P...)>) {
  constexpr bool kVariadic = (IsRest<std::remove_cvref_t<P>>::value || ...);
  Signature signature{{type_of<std::remove_cvref_t<P>>()...}, kVariadic, Result<R>::type()};
  return {
      std::move(signature),
      [callable = std::move(callable)](Invocation& invocation, std::span<const Value> arguments) -> Outcome {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
          if constexpr (std::is_invocable_v<F, Invocation&, P...>)
            return Result<R>::write(
                callable(invocation, read_argument<std::remove_cvref_t<P>>(arguments, I)...));
          else
            return Result<R>::write(callable(read_argument<std::remove_cvref_t<P>>(arguments, I)...));
        }(std::index_sequence_for<P...>{});
      }};
}

template <class F, class R, class... P>
Function bind_member(F callable, R (F::*)(Invocation&, P...) const) {
  return bind_as(std::move(callable), std::type_identity<R(P...)>{});
}
template <class F, class R, class... P>
Function bind_member(F callable, R (F::*)(P...) const) {
  return bind_as(std::move(callable), std::type_identity<R(P...)>{});
}

}  // namespace detail

/// A template function from a lambda, e.g. `bind([](std::string_view s) { return lower(s); })`.
/// Parameters: bool, std::int64_t (Go's int), double, std::string_view, std::vector<std::string>, Value
/// (anything), Rest<T> as the last one; an Invocation& may come first. Results: bool, std::int64_t, double,
/// std::string, std::vector<std::string>, Value, or std::expected<T, std::string> of one of them.
template <class F>
Function bind(F callable) {
  return detail::bind_member(std::move(callable), &F::operator());
}

}  // namespace dfp::tmpl
