#include <fmt/format.h>

#include "template/bind.hpp"
#include "template/consul/functions.hpp"
#include "template/consul/session.hpp"
#include "template/consul/time_layout.hpp"
#include "template/quote.hpp"

namespace dfp::tmpl::consul {
namespace {

using Text = std::string_view;
using Failing = std::expected<std::string, std::string>;
using ScratchMap = Session::ScratchMap;

// scratch: a store that lasts for one rendering. The value in the template stands for the session's store.

Value scratch_map(const ScratchMap& map) {
  std::vector<MapEntry> entries;
  for (const auto& [key, value] : map) entries.push_back({Value::of(key), value});
  return Value::map(std::move(entries));
}

Outcome scratch_get(Session& session, Text name) {
  auto at = session.scratch.find(name);
  if (at == session.scratch.end()) return Value();
  const auto* map = std::get_if<ScratchMap>(&at->second);
  return map ? scratch_map(*map) : std::get<Value>(at->second);
}

std::string scratch_set(Session& session, Text name, const Value& value, bool overwrite) {
  if (overwrite)
    session.scratch.insert_or_assign(std::string(name), value);
  else
    session.scratch.try_emplace(std::string(name), value);
  return "";
}

/// The map of that name, made from a stored value if that is one; nullptr when it is something else.
ScratchMap* scratch_map_at(Session& session, Text name) {
  auto [at, added] = session.scratch.try_emplace(std::string(name), ScratchMap());
  if (auto* map = std::get_if<ScratchMap>(&at->second)) return map;
  const Value value = std::get<Value>(at->second);
  if (value.type() != &types::kAnyMap) return nullptr;
  ScratchMap map;
  for (const auto& [key, item] : value.entries()) map.emplace(key.as_string(), item);
  at->second = std::move(map);
  return &std::get<ScratchMap>(at->second);
}

Failing scratch_map_set(Session& session, Text name, Text key, const Value& value, bool overwrite) {
  auto* map = scratch_map_at(session, name);
  if (!map) return std::unexpected(quoted(name) + " is not a map");
  if (overwrite)
    map->insert_or_assign(std::string(key), value);
  else
    map->try_emplace(std::string(key), value);
  return "";
}

Outcome scratch_map_values(Session& session, Text name) {
  auto* map = session.scratch.contains(name) ? scratch_map_at(session, name) : nullptr;
  if (!map) return Value::zero(types::kAnyList);
  std::vector<Value> values;
  for (const auto& [key, value] : *map) values.push_back(value);
  return Value::list(std::move(values));
}

std::shared_ptr<const Function> method(Function function) {
  return std::make_shared<const Function>(std::move(function));
}

template <bool kOverwrite>
Function scratch_setter() {
  return bind([](Invocation& call, Value, Text name, Value value) {
    return scratch_set(session_of(call), name, value, kOverwrite);
  });
}

template <bool kOverwrite>
Function scratch_map_setter() {
  return bind([](Invocation& call, Value, Text name, Text key, Value value) {
    return scratch_map_set(session_of(call), name, key, value, kOverwrite);
  });
}

extern const Type kScratch;
const Type kScratchPointer{.kind = Kind::Pointer, .name = "*template.Scratch", .element = &kScratch};
const Type kScratch{
    .kind = Kind::Struct,
    .name = "template.Scratch",
    .pointer = &kScratchPointer,
    .pointer_methods = {{"Key", method(bind([](Invocation& call, Value, Text name) {
                           return session_of(call).scratch.contains(name);
                         }))},
                        {"Get", method(bind([](Invocation& call, Value, Text name) {
                           return scratch_get(session_of(call), name);
                         }))},
                        {"Set", method(scratch_setter<true>())},
                        {"SetX", method(scratch_setter<false>())},
                        {"MapSet", method(scratch_map_setter<true>())},
                        {"MapSetX", method(scratch_map_setter<false>())},
                        {"MapValues", method(typed(bind([](Invocation& call, Value, Text name) {
                                                     return scratch_map_values(session_of(call), name);
                                                   }),
                                                   types::kAnyList))}}};

// The environment: only names that the operator allowed.

std::expected<std::optional<std::string>, std::string> variable(Invocation& call, Text name) {
  const auto& environment = session_of(call).surroundings().environment;
  auto at = environment.find(name);
  if (at == environment.end())
    return std::unexpected(
        fmt::format("the environment variable {} is not allowed in templates (allow it with --template-env)",
                    quoted(name)));
  return at->second;
}

Failing env(Invocation& call, Text name) {
  auto value = variable(call, name);
  if (!value) return std::unexpected(value.error());
  return value->value_or("");
}

Failing env_or_default(Invocation& call, Text name, Text fallback) {
  auto value = variable(call, name);
  if (!value) return std::unexpected(value.error());
  return value->value_or(std::string(fallback));
}

Failing must_env(Invocation& call, Text name) {
  auto value = env(call, name);
  if (value && value->empty())
    return std::unexpected(fmt::format("required environment variable {} is empty", name));
  return value;
}

Failing file(Invocation& call, Text path) {
  if (path.empty()) return "";
  const auto& read = session_of(call).surroundings().read_file;
  if (!read) return std::unexpected("there is no templates directory to read from");
  return read(path);
}

Failing timestamp(Invocation& call, const Rest<Text>& arguments) {
  auto now = session_of(call).now();
  const auto& layouts = arguments.values;
  if (layouts.size() > 1)
    return std::unexpected(
        fmt::format("timestamp: wrong number of arguments, expected 0 or 1, but got {}", layouts.size()));
  if (layouts.empty()) return format_time(now, kRfc3339);
  if (layouts[0] == "unix") return fmt::to_string(std::chrono::system_clock::to_time_t(now));
  return format_time(now, layouts[0]);
}

Failing execute_template(Invocation& call, Text name, const Rest<Value>& data) {
  if (data.values.size() > 1)
    return std::unexpected(fmt::format(
        "executeTemplate: wrong number of arguments, expected 1 or 2, but got {}", data.values.size() + 1));
  return call.render(name, data.values.empty() ? Value() : data.values[0]);
}

}  // namespace

void add_rendering_functions(FunctionMap& functions) {
  functions["scratch"] = typed(bind([] { return Value::structure({}, kScratchPointer); }), kScratchPointer);
  functions["env"] = bind([](Invocation& call, Text name) { return env(call, name); });
  functions["envOrDefault"] =
      bind([](Invocation& call, Text name, Text fallback) { return env_or_default(call, name, fallback); });
  functions["mustEnv"] = bind([](Invocation& call, Text name) { return must_env(call, name); });
  functions["file"] = bind([](Invocation& call, Text path) { return file(call, path); });
  functions["timestamp"] = bind([](Invocation& call, Rest<Text> layout) { return timestamp(call, layout); });
  functions["executeTemplate"] =
      bind([](Invocation& call, Text name, Rest<Value> data) { return execute_template(call, name, data); });
}

}  // namespace dfp::tmpl::consul
