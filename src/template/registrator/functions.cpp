#include "template/registrator/functions.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "base/parse.hpp"
#include "template/bind.hpp"
#include "template/json.hpp"
#include "template/limits.hpp"
#include "template/regex.hpp"
#include "template/strings.hpp"

namespace dfp::tmpl::registrator {
namespace {

using std::int64_t;
using Text = std::string_view;
using Texts = std::vector<std::string>;
using Failing = std::expected<std::string, std::string>;

/// text[begin:end]. With a bound behind the end of the text it is all of it; an end before the begin does not
/// count.
Failing slice(Text text, const std::vector<int64_t>& bounds) {
  auto size = std::ssize(text);
  bool beyond = std::ranges::any_of(bounds, [&](int64_t bound) { return bound > size; });
  if (bounds.empty() || bounds.size() > 2 || beyond) return std::string(text);
  auto begin = bounds[0];
  auto end = bounds.size() == 2 ? bounds[1] : size;
  if (begin != 0 && end < begin) end = size;
  if (begin < 0 || end < 0) return std::unexpected("slice bounds out of range");
  return std::string(text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
}

/// Counted from the end when negative; what lies outside is the first or the last one.
Failing element(int64_t index, const Texts& list) {
  if (list.empty()) return std::unexpected("index out of range: the list is empty");
  auto last = std::ssize(list) - 1;
  if (index < 0) index = std::max<int64_t>(index + last + 1, 0);
  return list[static_cast<std::size_t>(std::min(index, last))];
}

std::string replace(Invocation& call, int64_t count, Text from, Text to, Text text) {
  Sink out(call.budget());
  strings::replace(out, text, from, to, count);
  return std::move(out).take();
}

std::string join(Invocation& call, Text separator, const Texts& list) {
  Sink out(call.budget());
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out.put(separator);
    out.put(list[i]);
  }
  return std::move(out).take();
}

/// At most `most` of the elements that the expression is found in.
std::expected<Texts, std::string> matching(Text pattern, const Texts& list, std::size_t most) {
  auto expression = compile_regex(pattern);
  if (!expression) return std::unexpected(expression.error());
  Texts found;
  for (const auto& item : list)
    if (found.size() < most && re2::RE2::PartialMatch(item, **expression)) found.push_back(item);
  return found;
}

Failing first_matching(Text pattern, const Texts& list) {
  auto found = matching(pattern, list, 1);
  if (!found) return std::unexpected(found.error());
  return found->empty() ? "" : found->front();
}

/// A member of an object, or an element of an array by "[0]"; nullptr where there is none.
const Value* step(const Value& value, Text key) {
  if (value.held_kind() == Kind::Map) return value.find(key);
  if (value.held_kind() != Kind::Slice || !key.starts_with('[') || !key.ends_with(']')) return nullptr;
  auto index = parse::number(key.substr(1, key.size() - 2), 0, UINT32_MAX);
  return index && *index < value.length() ? &value.items()[*index] : nullptr;
}

/// The value at "key1::key2": a text as it is, anything else as JSON. Nothing where there is none.
std::string json_at(Invocation& call, Text json, Text path) {
  auto document = json::parse(json, json::Numbers::IntOrFloat);
  const auto* value = document ? &*document : nullptr;
  for (const auto& key : strings::split(path, "::"))
    if (value) value = step(*value, key);
  if (!value) return {};
  if (value->held_kind() == Kind::String) return std::string(value->as_string());
  Sink out(call.budget());
  auto written = json::write(out, *value, {.escape_html = false});
  return written ? std::move(out).take() : std::string();
}

Function map_index() {
  auto body = [](Invocation&, std::span<const Value> arguments) -> Outcome {
    const auto* found = arguments[1].find(arguments[0].as_string());
    return found ? *found : Value::of("");
  };
  return {{{&types::kString, &types::kStringMap}, false, &types::kString}, body};
}

void add_texts(FunctionMap& functions) {
  functions["strSlice"] =
      bind([](Text text, const Rest<int64_t>& bounds) { return slice(text, bounds.values); });
  functions["toUpper"] = bind([](Text text) { return strings::to_upper(text); });
  functions["toLower"] = bind([](Text text) { return strings::to_lower(text); });
  functions["replace"] = bind([](Invocation& call, int64_t count, Text from, Text to, Text text) {
    return replace(call, count, from, to, text);
  });
  functions["split"] = bind([](Text separator, Text text) { return strings::split(text, separator); });
  functions["splitIndex"] = bind([](int64_t index, Text separator, Text text) {
    return element(index, strings::split(text, separator));
  });
  functions["jsonParse"] =
      bind([](Invocation& call, Text json, Text path) { return json_at(call, json, path); });
}

void add_collections(FunctionMap& functions) {
  functions["sIndex"] = bind([](int64_t index, const Texts& list) { return element(index, list); });
  functions["mIndex"] = map_index();
  functions["join"] =
      bind([](Invocation& call, Text separator, const Texts& list) { return join(call, separator, list); });
  functions["matchFirstElement"] =
      bind([](Text pattern, const Texts& list) { return first_matching(pattern, list); });
  functions["matchAllElements"] =
      bind([](Text pattern, const Texts& list) { return matching(pattern, list, list.size()); });
}

}  // namespace

const FunctionMap& functions() {
  static const FunctionMap all = [] {
    FunctionMap map;
    add_texts(map);
    add_collections(map);
    return map;
  }();
  return all;
}

const std::map<std::string, std::string, std::less<>>& refused_functions() {
  static const std::map<std::string, std::string, std::less<>> refused = {
      {"httpGet", "a template of tags must not send requests"},
  };
  return refused;
}

}  // namespace dfp::tmpl::registrator
