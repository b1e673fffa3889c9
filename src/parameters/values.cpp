#include "parameters/values.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.hpp"
#include "base/parse.hpp"
#include "base/text.hpp"

namespace dfp::parameters {
namespace {

constexpr int kMostIndex = 1000;

std::unexpected<Error> refuse(std::string_view name, std::string_view problem) {
  return fail(Errc::InvalidArgument, fmt::format("{}: {}", name, problem));
}

std::unexpected<Error> refuse_unknown(std::string_view name, std::span<const ParameterInfo> known) {
  std::vector<std::string_view> names;
  for (const auto& info : known) names.push_back(info.name);
  auto hint = text::suggestion(name, names);
  if (hint.empty())
    hint = names.empty() ? "; there are none here" : fmt::format("; known are {}", fmt::join(names, ", "));
  return fail(Errc::InvalidArgument, fmt::format("unknown parameter {}{}", text::shown(name), hint));
}

/// The description of a parameter as it is given, under that name.
Result<ParameterInfo> find_info(std::string_view given, std::span<const ParameterInfo> known) {
  auto find = [&](std::string_view name) { return std::ranges::find(known, name, &ParameterInfo::name); };
  auto whole = find(given);
  if (whole != known.end()) return *whole;
  auto [name, index] = split_name(given);
  auto base = find(name);
  if (base == known.end()) return refuse_unknown(given, known);
  if (!base->indexed) return refuse(given, fmt::format("{} has no index: it holds for the service", name));
  auto info = *base;
  info.name = given;
  return info;
}

/// What holds for every text that comes from outside.
Result<> check_text(const ParameterInfo& info, std::string_view value) {
  if (value.size() > info.max_bytes)
    return refuse(info.name, fmt::format("{} has {} bytes; allowed are {}", text::shown(value), value.size(),
                                         info.max_bytes));
  if (!text::is_valid_utf8(value))
    return refuse(info.name, fmt::format("{} is not valid UTF-8", text::shown(value)));
  auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  if (std::ranges::any_of(value, is_control))
    return refuse(info.name, fmt::format("{} contains a line break or another control character; it is {}",
                                         text::shown(value), info.allowed));
  return {};
}

Result<ParameterValue> read_list(const ParameterInfo& info, std::string_view value) {
  auto items = text::split(value, ',');
  for (const auto& item : items) {
    if (item.empty())
      return refuse(info.name,
                    fmt::format("{} has an empty item; write the items with one comma between them",
                                text::shown(value)));
    if (auto ok = check_text(info, item); !ok) return std::unexpected(ok.error());
  }
  return items;
}

}  // namespace

std::string_view to_string(ParameterType type) noexcept {
  switch (type) {
    case ParameterType::Text:
      return "text";
    case ParameterType::List:
      return "list";
    case ParameterType::Bool:
      return "bool";
  }
  return "text";
}

const ParameterValue* ParameterValues::find(std::string_view name) const {
  auto at = values_.find(name);
  return at == values_.end() ? nullptr : &at->second;
}

std::string ParameterValues::text(std::string_view name) const {
  auto* value = find(name);
  return value ? std::get<std::string>(*value) : std::string();
}

std::vector<std::string> ParameterValues::list(std::string_view name) const {
  auto* value = find(name);
  return value ? std::get<std::vector<std::string>>(*value) : std::vector<std::string>();
}

bool ParameterValues::flag(std::string_view name) const {
  auto* value = find(name);
  return value && std::get<bool>(*value);
}

void ParameterValues::set(std::string_view name, ParameterValue value) {
  if (auto index = split_name(name).index; index > 0) indices_.insert(index);
  values_.insert_or_assign(std::string(name), std::move(value));
}

Result<ParameterValue> read_value(const ParameterInfo& info, std::string_view text) {
  if (info.type == ParameterType::List) return read_list(info, text);
  if (auto ok = check_text(info, text); !ok) return std::unexpected(ok.error());
  if (info.type == ParameterType::Text) return ParameterValue(std::string(text));
  auto flag = parse::boolean(text);
  if (!flag) return refuse(info.name, flag.error().what);
  return ParameterValue(*flag);
}

std::string render_value(const ParameterValue& value) {
  if (auto* text = std::get_if<std::string>(&value)) return *text;
  if (auto* list = std::get_if<std::vector<std::string>>(&value)) return text::join(*list, ",");
  return std::get<bool>(value) ? "true" : "false";
}

ParameterName split_name(std::string_view text) {
  auto dot = text.rfind('.');
  if (dot == std::string_view::npos) return {text};
  auto index = parse::number(text.substr(dot + 1), 1, kMostIndex);
  return index ? ParameterName{text.substr(0, dot), static_cast<unsigned>(*index)} : ParameterName{text};
}

Result<ParameterValues> read_values(const ParameterPairs& pairs, std::span<const ParameterInfo> known) {
  ParameterValues values;
  std::set<std::string_view> seen;
  for (const auto& [name, text] : pairs) {
    auto info = find_info(name, known);
    if (!info) return std::unexpected(info.error());
    if (!seen.insert(name).second)
      return refuse(name, info->type == ParameterType::List
                              ? "given more than once; use one comma-separated list"
                              : "given more than once; give it once");
    if (text.empty()) continue;
    auto value = read_value(*info, text);
    if (!value) return std::unexpected(value.error());
    values.set(name, std::move(*value));
  }
  return values;
}

}  // namespace dfp::parameters
