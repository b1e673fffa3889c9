#include "haproxy/config/route_read.hpp"

#include <charconv>

namespace dfp::haproxy::config {
namespace {

using model::PathType;

/// What literal() of route_key.cpp made: plain characters and \xHH.
std::optional<std::string> read_literal(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (text[0] != '\\') {
      constexpr std::string_view kMarks = "()[]{}?*+.|^$";
      if (kMarks.contains(text[0])) return std::nullopt;
      out += text[0];
      text.remove_prefix(1);
      continue;
    }
    unsigned char byte = 0;
    if (text.size() < 4 || text[1] != 'x') return std::nullopt;
    auto read = std::from_chars(text.data() + 2, text.data() + 4, byte, 16);
    if (read.ec != std::errc() || read.ptr != text.data() + 4) return std::nullopt;
    out += static_cast<char>(byte);
    text.remove_prefix(4);
  }
  return out;
}

/// What is between two ends of a text, where it has both.
std::optional<std::string_view> between(std::string_view text, std::string_view begin, std::string_view end) {
  if (text.size() < begin.size() + end.size() || !text.starts_with(begin) || !text.ends_with(end))
    return std::nullopt;
  return text.substr(begin.size(), text.size() - begin.size() - end.size());
}

struct Form {
  PathType type;
  std::string_view begin, end;
};
/// The first that fits counts.
constexpr Form kForms[] = {{PathType::Reg, "[^\\n]*?(?:", ")"},
                           {PathType::Dir, "(?:[^\\n]*/)?", "(?:/|\\z)"},
                           {PathType::End, "[^\\n]*", "\\z"},
                           {PathType::Sub, "[^\\n]*", ""}};

bool read_path(std::string_view expression, model::Route& route) {
  for (const auto& form : kForms) {
    auto inner = between(expression, form.begin, form.end);
    if (!inner) continue;
    auto path = form.type == PathType::Reg ? std::optional(std::string(*inner)) : read_literal(*inner);
    if (!path) continue;
    route.type = form.type;
    route.path = std::move(*path);
    return true;
  }
  return false;
}

}  // namespace

std::optional<model::Route> read_route_key(std::string_view key) {
  auto slash = key.find('/');
  if (slash == key.npos) return std::nullopt;
  model::Route route;
  auto host = key.substr(0, slash);
  bool well_known = host.starts_with('*');
  if (well_known) host.remove_prefix(1);
  bool wildcard = host.ends_with('*');
  if (wildcard) host.remove_suffix(1);
  if (wildcard && host.empty()) return std::nullopt;
  route.host = wildcard ? "*." + std::string(host) : std::string(host);
  route.path = key.substr(slash);
  if (route.path.ends_with('?')) {
    route.path.pop_back();
    route.type = PathType::Exact;
  }
  if (well_known != model::is_well_known(route)) return std::nullopt;
  return route;
}

std::optional<model::Route> read_pattern_key(std::string_view key, bool committed) {
  constexpr std::string_view kBegin = "\\A";
  auto begin = key.find(kBegin);
  if (begin == key.npos) return std::nullopt;
  key.remove_prefix(begin + kBegin.size());
  auto side = key.substr(0, 1);
  if (key.starts_with("[<>]"))
    key.remove_prefix(4);
  else if (side == (committed ? ">" : "<"))
    key.remove_prefix(1);
  else
    return std::nullopt;
  auto newline = key.find("\\n");
  if (newline == key.npos) return std::nullopt;
  model::Route route;
  auto host = read_literal(key.substr(0, newline));
  if (!host || !read_path(key.substr(newline + 2), route)) return std::nullopt;
  route.host = std::move(*host);
  return route;
}

}  // namespace dfp::haproxy::config
