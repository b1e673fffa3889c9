#include <fmt/format.h>

#include <map>

#include "template/bind.hpp"
#include "template/consul/functions.hpp"
#include "template/consul/types.hpp"
#include "template/format.hpp"
#include "template/number.hpp"
#include "template/quote.hpp"

namespace dfp::tmpl::consul {
namespace {

using Verdict = std::expected<bool, std::string>;

/// Elements are compared with values of their own kind only.
Verdict same(const Value& element, const Value& value) {
  auto kind = element.held_kind();
  if (kind == Kind::String && !value.valid())
    return std::unexpected("reflect: call of reflect.Value.Type on zero Value");
  if (kind != value.held_kind()) return false;
  switch (kind) {
    case Kind::Int:
      return element.as_int() == value.as_int();
    case Kind::Float:
      return element.as_double() == value.as_double();
    case Kind::String:
      return element.type() == value.type() && element.as_string() == value.as_string();
    default:
      return false;
  }
}

Verdict in(const Value& container, const Value& value) {
  auto kind = container.held_kind();
  if (kind == Kind::String) {
    if (!value.valid()) return std::unexpected("reflect: call of reflect.Value.Type on zero Value");
    return container.type() == value.type() &&
           container.as_string().find(value.as_string()) != std::string_view::npos;
  }
  if (kind != Kind::Slice && kind != Kind::Array) return false;
  for (const auto& element : container.items()) {
    auto verdict = same(element, value);
    if (!verdict || *verdict) return verdict;
  }
  return false;
}

/// containsAll and its sisters: `at_end` is the answer when no wanted value decided; `skip` is what does not
/// decide. Consul Template takes []interface {} only; here any list of wanted values will do.
Function contains_some(bool at_end, bool skip) {
  return bind([at_end, skip](Value wanted, Value container) -> Verdict {
    auto kind = wanted.held_kind();
    if (wanted.valid() && kind != Kind::Slice && kind != Kind::Array)
      return std::unexpected("wrong type for value; expected []interface {}; got " + type_name(wanted));
    for (const auto& value : wanted.valid() ? wanted.items() : std::span<const Value>())
      if (in(container, value).value_or(false) != skip) return !at_end;
    return at_end;
  });
}

std::expected<std::int64_t, std::string> loop_bound(const Value& value) {
  switch (value.held_kind()) {
    case Kind::Int:
    case Kind::Uint:
      return value.as_int();
    case Kind::String: {
      if (value.length() == 0) return 0;
      auto parsed = parse_signed(value.as_string(), 10);
      if (parsed.ok()) return parsed.value;
      return std::unexpected(
          fmt::format("parseInt: strconv.ParseInt: parsing {}: invalid syntax", quoted(value.as_string())));
    }
    default:
      return std::unexpected("loop: bad argument type: " + type_name(value));
  }
}

/// The integers from 0 or the first argument up to, not including, the last one.
Outcome loop(const Rest<Value>& arguments) {
  const auto& values = arguments.values;
  if (values.empty() || values.size() > 2)
    return std::unexpected(
        fmt::format("loop: wrong number of arguments, expected 1 or 2, but got {}", values.size()));
  auto start = values.size() == 2 ? loop_bound(values[0]) : std::expected<std::int64_t, std::string>(0);
  if (!start) return std::unexpected(start.error());
  auto stop = loop_bound(values.back());
  if (!stop) return std::unexpected(stop.error());
  auto next = [at = *start, end = *stop]() mutable -> std::optional<Value> {
    if (at >= end) return std::nullopt;
    return Value::integer(at++, types::kInt64);
  };
  return Value::channel({}, types::kIntChannel, std::move(next));
}

bool is_map(const Value& value) { return value.type() == &types::kAnyMap; }

/// Entries of both; of equal keys the target's wins unless it is empty (or the source's is to win, and is not
/// empty). Maps under equal keys are merged likewise.
Value merged(const Value& target, const Value& source, bool override) {
  std::map<std::string_view, Value> all;
  for (const auto& [key, value] : target.entries()) all.emplace(key.as_string(), value);
  for (const auto& [key, value] : source.entries()) {
    if (!value.valid() && !override) continue;
    auto [at, added] = all.try_emplace(key.as_string(), value);
    if (added) continue;
    if (is_map(at->second) && is_map(value)) at->second = merged(at->second, value, override);
    if (!at->second.truth() || (override && !is_map(value))) at->second = value;
  }
  std::vector<MapEntry> entries;
  for (auto& [key, value] : all) entries.push_back({Value::of(key), std::move(value)});
  return Value::map(std::move(entries));
}

Function merging(bool override) {
  return typed(bind([override](Value target, Value source) { return merged(target, source, override); }),
               types::kAnyMap, {&types::kAnyMap, &types::kAnyMap});
}

}  // namespace

void add_collection_functions(FunctionMap& functions) {
  functions["in"] = bind([](Value container, Value value) { return in(container, value); });
  functions["contains"] = bind([](Value value, Value container) { return in(container, value); });
  functions["containsAll"] = contains_some(true, true);
  functions["containsAny"] = contains_some(false, false);
  functions["containsNone"] = contains_some(true, false);
  functions["containsNotAll"] = contains_some(false, true);
  functions["loop"] = typed(bind([](Rest<Value> arguments) { return loop(arguments); }), types::kIntChannel);
  functions["mergeMap"] = merging(false);
  functions["mergeMapWithOverride"] = merging(true);
}

}  // namespace dfp::tmpl::consul
