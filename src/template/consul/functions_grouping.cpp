#include <fmt/format.h>
#include <re2/re2.h>

#include <map>

#include "base/text.hpp"
#include "template/bind.hpp"
#include "template/consul/functions.hpp"
#include "template/consul/types.hpp"
#include "template/format.hpp"
#include "template/number.hpp"
#include "template/quote.hpp"

namespace dfp::tmpl::consul {
namespace {

template <class Key>
Value grouped(std::map<Key, std::vector<Value>> groups, const Type& type) {
  std::vector<MapEntry> entries;
  for (auto& [key, items] : groups)
    entries.push_back({Value::of(key), Value::list(std::move(items), *type.element)});
  return Value::map(std::move(entries), type);
}

Outcome by_tag(const Value& services) {
  std::map<std::string, std::vector<Value>> groups;
  bool snippets = services.type() == &types::kSnippetList;
  if (services.valid() && !snippets && services.type() != &types::kServiceList)
    return std::unexpected("byTag: wrong argument type " + type_name(services));
  for (const auto& service : services.valid() ? services.items() : std::span<const Value>())
    for (const auto& tag : (snippets ? service.fields()[1] : field(service, ServiceField::Tags)).items())
      groups[std::string(tag.as_string())].push_back(service);
  return grouped(std::move(groups), types::kAnyListsByName);
}

Outcome by_port(const Value& services) {
  std::map<std::int64_t, std::vector<Value>> groups;
  if (services.valid() && services.type() != &types::kServiceList)
    return std::unexpected("byPort: wrong argument type " + type_name(services));
  for (const auto& service : services.valid() ? services.items() : std::span<const Value>())
    groups[field(service, ServiceField::Port).as_int()].push_back(service);
  return grouped(std::move(groups), types::kAnyListsByPort);
}

/// One part of byMeta's key: "name" or "name|int", which is filled up to five digits.
std::expected<std::string, std::string> meta_part(const Value& meta, std::string_view wanted) {
  constexpr std::string_view kNumber = "|int";
  bool number = wanted.ends_with(kNumber);
  auto name = number ? wanted.substr(0, wanted.size() - kNumber.size()) : wanted;
  const auto* found = meta.find(name);
  auto text = found ? std::string(found->as_string()) : "";
  if (text.empty()) text = number ? "0" : fmt::format("_no_{}_", name);
  if (!number) return text;
  auto parsed = parse_signed(text, 10);
  if (!parsed.ok())
    return std::unexpected(fmt::format("cannot parse {} as number : strconv.Atoi: parsing {}: invalid syntax",
                                       text, quoted(text)));
  return fmt::format("{:05}", parsed.value);
}

Outcome by_meta(std::string_view wanted, const Value& services) {
  static const RE2 unusual("[^a-zA-Z0-9_-]");
  std::map<std::string, std::vector<Value>> groups;
  auto names = text::split(wanted, ',');
  for (const auto& service : services.items()) {
    std::vector<std::string> parts;
    for (const auto& name : names) {
      auto part = meta_part(field(service, ServiceField::Meta), name);
      if (!part) return std::unexpected(part.error());
      RE2::GlobalReplace(&*part, unusual, "_");
      parts.push_back(std::move(*part));
    }
    groups[text::join(parts, "_")].push_back(service);
  }
  return grouped(std::move(groups), types::kServicesByName);
}

/// The same pair with another key.
Value renamed(const Value& pair, std::string_view key) {
  std::vector<Value> fields(pair.fields().begin(), pair.fields().end());
  fields[static_cast<std::size_t>(PairField::Key)] = Value::of(key);
  return Value::structure(std::move(fields), types::kPairPointer);
}

/// Pairs by the first part of their keys; pairs without a further part are left out.
Value by_key(const Value& pairs) {
  std::map<std::string, std::vector<MapEntry>> groups;
  for (const auto& pair : pairs.items()) {
    auto key = field(pair, PairField::Key).as_string();
    auto slash = key.find('/');
    if (slash == key.npos || slash + 1 == key.size()) continue;
    auto rest = key.substr(slash + 1);
    groups[std::string(key.substr(0, slash))].push_back({Value::of(rest), renamed(pair, rest)});
  }
  std::vector<MapEntry> entries;
  for (auto& [top, inner] : groups)
    entries.push_back({Value::of(top), Value::map(std::move(inner), types::kPairsByName)});
  return Value::map(std::move(entries), types::kPairsByTop);
}

/// A folder in the making.
struct Folder {
  std::map<std::string, std::variant<Value, std::unique_ptr<Folder>>> entries;

  Value value() && {
    std::vector<MapEntry> out;
    for (auto& [name, entry] : entries) {
      auto* folder = std::get_if<std::unique_ptr<Folder>>(&entry);
      out.push_back(
          {Value::of(name), folder ? std::move(**folder).value() : std::move(std::get<Value>(entry))});
    }
    return Value::map(std::move(out));
  }
};

constexpr std::size_t kDeepestFolder = 100;

/// Puts a value at a path of folders. A folder and a value cannot have one name.
std::expected<void, std::string> put(Invocation& call, Folder& root, std::string_view path,
                                     const Value& value) {
  auto* folder = &root;
  std::size_t depth = 0;
  auto parent = path;
  for (auto slash = path.find('/'); slash != path.npos; slash = path.find('/')) {
    if (++depth > kDeepestFolder) return std::unexpected("folders are nested too deeply");
    std::string top(path.substr(0, slash));
    auto [at, added] = folder->entries.try_emplace(top, std::make_unique<Folder>());
    auto* next = std::get_if<std::unique_ptr<Folder>>(&at->second);
    if (!next)
      return std::unexpected(fmt::format("not a map: {}: {} already has value {}", quoted(parent),
                                         quoted(top), printed(std::get<Value>(at->second), call, 'q')));
    folder = next->get();
    parent = path;
    path.remove_prefix(slash + 1);
  }
  if (!path.empty()) folder->entries.insert_or_assign(std::string(path), value);
  return {};
}

Outcome explode(Invocation& call, const Value& pairs) {
  Folder root;
  for (const auto& pair : pairs.items()) {
    auto done = put(call, root, field(pair, PairField::Key).as_string(), field(pair, PairField::Value));
    if (!done) return std::unexpected("explode: " + done.error());
  }
  return std::move(root).value();
}

Outcome explode_map(Invocation& call, const Value& map) {
  Folder root;
  for (const auto& [key, value] : map.entries()) {
    auto done = put(call, root, key.as_string(), value);
    if (!done) return std::unexpected("explodeMap: " + done.error());
  }
  return std::move(root).value();
}

}  // namespace

void add_grouping_functions(FunctionMap& functions) {
  functions["byTag"] = typed(bind([](Value services) { return by_tag(services); }), types::kAnyListsByName);
  functions["byPort"] = typed(bind([](Value services) { return by_port(services); }), types::kAnyListsByPort);
  functions["byMeta"] =
      typed(bind([](std::string_view wanted, Value services) { return by_meta(wanted, services); }),
            types::kServicesByName, {nullptr, &types::kServiceList});
  functions["byKey"] =
      typed(bind([](Value pairs) { return by_key(pairs); }), types::kPairsByTop, {&types::kPairList});
  functions["explode"] = typed(bind([](Invocation& call, Value pairs) { return explode(call, pairs); }),
                               types::kAnyMap, {&types::kPairList});
  functions["explodeMap"] = typed(bind([](Invocation& call, Value map) { return explode_map(call, map); }),
                                  types::kAnyMap, {&types::kAnyMap});
}

}  // namespace dfp::tmpl::consul
