#include "haproxy/config/route_key.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "base/text.hpp"

namespace dfp::haproxy::config {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
         c == '-';
}

/// Text that a regular expression takes literally.
std::string literal(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (is_plain(c))
      out += c;
    else
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return out;
}

/// A path_dir as HAProxy understands it: without its outer slashes.
std::string_view directory(std::string_view path) {
  auto first = path.find_first_not_of('/');
  if (first == std::string_view::npos) return {};
  return path.substr(first, path.find_last_not_of('/') - first + 1);
}

std::string path_expression(const model::Route& route) {
  switch (route.type) {
    case model::PathType::Beg:
      return literal(route.path);
    case model::PathType::Exact:
      return literal(route.path) + "\\z";
    case model::PathType::End:
      return fmt::format("[^\\n]*{}\\z", literal(route.path));
    case model::PathType::Sub:
      return fmt::format("[^\\n]*{}", literal(route.path));
    case model::PathType::Dir:
      return fmt::format("(?:[^\\n]*/)?{}(?:/|\\z)", literal(directory(route.path)));
    case model::PathType::Reg:
      return fmt::format("[^\\n]*?(?:{})", route.path);
  }
  return {};
}

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("-._~").contains(c);
}

/// A path as requests have it when routes are looked up (request_rules.hpp): "/%7eme%2f" is "/~me%2F".
std::string normal_path(std::string_view path) {
  std::string out;
  for (std::size_t at = 0; at < path.size(); ++at) {
    auto high = path[at] == '%' && at + 2 < path.size() ? hex_digit(path[at + 1]) : std::nullopt;
    auto low = high ? hex_digit(path[at + 2]) : std::nullopt;
    if (!low) {
      out += path[at];
      continue;
    }
    auto byte = static_cast<char>(*high * 16 + *low);
    out += is_unreserved(byte) ? std::string(1, byte) : fmt::format("%{:02X}", *high * 16 + *low);
    at += 2;
  }
  return out;
}

Result<> compile(const std::string& pattern) {
  int code = 0;
  PCRE2_SIZE offset = 0;
  auto text = reinterpret_cast<PCRE2_SPTR>(pattern.data());
  std::unique_ptr<pcre2_code, decltype(&pcre2_code_free)> regex(
      pcre2_compile(text, pattern.size(), 0, &code, &offset, nullptr), pcre2_code_free);
  if (regex) return {};
  PCRE2_UCHAR message[256];
  pcre2_get_error_message(code, message, sizeof message);
  return fail(Errc::InvalidArgument,
              fmt::format("servicePath: {} is not a regular expression: {} at character {}",
                          text::shown(pattern), reinterpret_cast<const char*>(message), offset + 1));
}

}  // namespace

bool is_pattern(model::PathType type) noexcept {
  return type != model::PathType::Beg && type != model::PathType::Exact;
}

unsigned wildcard_depth(std::string_view host) noexcept {
  return host.starts_with("*.") ? static_cast<unsigned>(std::ranges::count(host, '.')) : 0;
}

std::string route_key(const model::Route& route) {
  std::string key = model::is_well_known(route) ? "*" : "";
  key += wildcard_depth(route.host) > 0 ? route.host.substr(2) + "*" : route.host;
  key += normal_path(route.path);
  if (route.type == model::PathType::Exact) key += '?';
  return key;
}

std::string pattern_key(const model::Route& route, Side side) {
  auto sides = side == Side::Both ? "[<>]" : side == Side::Before ? "<" : ">";
  // The limit ends a catastrophic expression after some 10 ms instead of freezing the worker; (?m) lets ^
  // match at the beginning of the path, which follows the newline.
  return fmt::format("(*LIMIT_MATCH=100000)(?m)\\A{}{}\\n{}", sides, literal(route.host),
                     path_expression(route));
}

Result<> check_regex(std::string_view pattern) {
  // Alone first: "a)|(b" would be a valid expression only inside the group we put around it.
  if (auto alone = compile(std::string(pattern)); !alone) return alone;
  return compile(pattern_key({"", model::PathType::Reg, std::string(pattern), "", ""}));
}

}  // namespace dfp::haproxy::config
