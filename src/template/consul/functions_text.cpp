#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "base/text.hpp"
#include "template/bind.hpp"
#include "template/consul/functions.hpp"
#include "template/consul/session.hpp"
#include "template/limits.hpp"
#include "template/strings.hpp"
#include "template/unicode.hpp"

namespace dfp::tmpl::consul {
namespace {

using Failing = std::expected<std::string, std::string>;
using std::int64_t;

Sink sink_of(Invocation& call) { return Sink(call.budget()); }

/// Without the characters at both ends that `strip` names.
template <class Predicate>
std::string_view trimmed(std::string_view text, Predicate strip) {
  while (!text.empty() && strip(unicode::decode(text))) text.remove_prefix(unicode::decode(text).size);
  while (!text.empty() && strip(unicode::decode_last(text)))
    text.remove_suffix(unicode::decode_last(text).size);
  return text;
}

std::string_view trim_space(std::string_view text) {
  return trimmed(text, [](unicode::Rune rune) { return unicode::is_space(rune.code); });
}

std::string_view trim_characters(std::string_view cutset, std::string_view text) {
  return trimmed(text, [cutset](unicode::Rune rune) {
    for (auto rest = cutset; !rest.empty();) {
      auto candidate = unicode::decode(rest);
      if (candidate.code == rune.code) return true;
      rest.remove_prefix(candidate.size);
    }
    return false;
  });
}

/// Whether a word ends here: anything but letters, digits and underscores; beyond ASCII only spaces.
bool is_separator(char32_t code) {
  if (unicode::is_letter(code) || unicode::is_digit(code) || code == '_') return false;
  return code < 0x80 || unicode::is_space(code);
}

std::string title(std::string_view text) {
  std::string out;
  char32_t before = ' ';
  while (!text.empty()) {
    auto rune = unicode::decode(text);
    unicode::append(out, is_separator(before) ? unicode::to_title(rune.code) : rune.code);
    before = rune.code;
    text.remove_prefix(rune.size);
  }
  return out;
}

/// Of nothing but white space there is no part.
std::vector<std::string> split(std::string_view separator, std::string_view text) {
  text = trim_space(text);
  if (text.empty()) return {};
  return strings::split(text, separator);
}

std::string replace_all(Invocation& call, std::string_view from, std::string_view to, std::string_view text) {
  auto out = sink_of(call);
  strings::replace(out, text, from, to, -1);
  return std::move(out).take();
}

Failing indent(Invocation& call, int64_t spaces, std::string_view text) {
  if (spaces < 0) return std::unexpected("indent value must be a positive integer");
  auto out = sink_of(call);
  bool line_start = true;
  for (char c : text) {
    if (line_start && c != '\n') out.fill(static_cast<std::size_t>(spaces), ' ');
    out.put(c);
    line_start = c == '\n';
  }
  return std::move(out).take();
}

std::string join(Invocation& call, std::string_view separator, std::span<const Value> parts) {
  auto out = sink_of(call);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out.put(separator);
    out.put(parts[i].as_string());
  }
  return std::move(out).take();
}

Value split_to_map(std::string_view outer, std::string_view inner, std::string_view text) {
  std::vector<MapEntry> entries;
  for (const auto& part : split(outer, text)) {
    auto at = part.find(inner);
    if (at != part.npos)
      entries.push_back({Value::of(part.substr(0, at)), Value::of(part.substr(at + inner.size()))});
  }
  return Value::map(std::move(entries), types::kStringMap);
}

/// The name after a '$' in a replacement: $1, $name, ${name}. `template_text` begins behind the '$'.
std::string_view group_name(std::string_view& template_text) {
  bool braced = template_text.starts_with('{');
  auto rest = template_text.substr(braced ? 1 : 0);
  std::size_t size = 0;
  for (auto rune = unicode::decode(rest); rune.size > 0; rune = unicode::decode(rest.substr(size))) {
    if (!unicode::is_letter(rune.code) && !unicode::is_digit(rune.code) && rune.code != '_') break;
    size += rune.size;
  }
  auto name = rest.substr(0, size);
  if (braced && !rest.substr(size).starts_with('}')) return {};
  if (!name.empty()) template_text.remove_prefix(size + (braced ? 2 : 0));
  return name;
}

/// The text of a group by number or name; empty when there is none.
std::string_view group_text(const RE2& expression, std::string_view name,
                            std::span<const re2::StringPiece> groups) {
  std::size_t index = groups.size();
  if (std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; }) && name.size() < 6) {
    index = std::stoul(std::string(name));
  } else {
    const auto& names = expression.NamedCapturingGroups();
    if (auto at = names.find(std::string(name)); at != names.end())
      index = static_cast<std::size_t>(at->second);
  }
  if (index >= groups.size() || !groups[index].data()) return {};
  return {groups[index].data(), groups[index].size()};
}

void expand(Sink& out, std::string_view replacement, const RE2& expression,
            std::span<const re2::StringPiece> groups) {
  for (auto at = replacement.find('$'); at != replacement.npos; at = replacement.find('$')) {
    out.put(replacement.substr(0, at));
    replacement.remove_prefix(at + 1);
    if (replacement.starts_with('$')) {
      out.put('$');
      replacement.remove_prefix(1);
    } else if (auto name = group_name(replacement); !name.empty()) {
      out.put(group_text(expression, name, groups));
    } else {
      out.put('$');
    }
  }
  out.put(replacement);
}

Failing regex_replace_all(Invocation& call, std::string_view pattern, std::string_view replacement,
                          std::string_view text) {
  auto compiled = session_of(call).regex(pattern);
  if (!compiled) return std::unexpected(compiled.error());
  const RE2& expression = **compiled;
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(expression.NumberOfCapturingGroups()) + 1);
  auto out = sink_of(call);
  std::size_t search = 0;
  std::size_t copied = 0;
  while (search <= text.size()) {
    call.budget().charge_steps(1);
    if (!expression.Match({text.data(), text.size()}, search, text.size(), RE2::UNANCHORED, groups.data(),
                          static_cast<int>(groups.size())))
      break;
    auto begin = static_cast<std::size_t>(groups[0].data() - text.data());
    auto end = begin + groups[0].size();
    out.put(text.substr(copied, begin - copied));
    // No empty match right behind another match.
    if (end > copied || begin == 0) expand(out, replacement, expression, groups);
    copied = end;
    search = std::max(end, search + std::max<std::size_t>(unicode::decode(text.substr(search)).size, 1));
  }
  if (copied < text.size()) out.put(text.substr(copied));
  return std::move(out).take();
}

std::expected<bool, std::string> regex_match(Invocation& call, std::string_view pattern,
                                             std::string_view text) {
  auto compiled = session_of(call).regex(pattern);
  if (!compiled) return std::unexpected(compiled.error());
  return RE2::PartialMatch({text.data(), text.size()}, **compiled);
}

void add_trimming(FunctionMap& functions) {
  using Text = std::string_view;
  functions["trimSpace"] = bind([](Text text) { return std::string(trim_space(text)); });
  functions["trim"] = bind([](Text cutset, Text text) { return std::string(trim_characters(cutset, text)); });
  functions["trimPrefix"] = bind([](Text prefix, Text text) {
    return std::string(text.starts_with(prefix) ? text.substr(prefix.size()) : text);
  });
  functions["trimSuffix"] = bind([](Text suffix, Text text) {
    return std::string(text.ends_with(suffix) ? text.substr(0, text.size() - suffix.size()) : text);
  });
}

}  // namespace

void add_text_functions(FunctionMap& functions) {
  using Text = std::string_view;
  add_trimming(functions);
  functions["toLower"] = bind([](Text text) { return strings::to_lower(text); });
  functions["toUpper"] = bind([](Text text) { return strings::to_upper(text); });
  functions["toTitle"] = bind([](Text text) { return title(text); });
  functions["split"] = bind([](Text separator, Text text) { return split(separator, text); });
  functions["splitToMap"] =
      typed(bind([](Text outer, Text inner, Text text) { return split_to_map(outer, inner, text); }),
            types::kStringMap);
  functions["join"] = typed(bind([](Invocation& call, Text separator, Value parts) {
                              return join(call, separator, parts.items());
                            }),
                            types::kString, {nullptr, &types::kStringList});
  functions["replaceAll"] =
      bind([](Invocation& call, Text from, Text to, Text text) { return replace_all(call, from, to, text); });
  functions["indent"] =
      bind([](Invocation& call, int64_t spaces, Text text) { return indent(call, spaces, text); });
  functions["regexReplaceAll"] = bind([](Invocation& call, Text pattern, Text replacement, Text text) {
    return regex_replace_all(call, pattern, replacement, text);
  });
  functions["regexMatch"] =
      bind([](Invocation& call, Text pattern, Text text) { return regex_match(call, pattern, text); });
}

}  // namespace dfp::tmpl::consul
