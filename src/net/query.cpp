#include "net/query.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace dfp::net {
namespace {

enum class Plus { Literal, IsSpace };

/// -1 for anything but a hexadecimal digit.
int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::string> decode(std::string_view input, Plus plus) {
  std::string out;
  out.reserve(input.size());
  for (std::size_t i = 0; i < input.size(); ++i) {
    if (input[i] == '%') {
      int high = i + 2 < input.size() ? hex_value(input[i + 1]) : -1;
      int low = i + 2 < input.size() ? hex_value(input[i + 2]) : -1;
      if (high < 0 || low < 0)
        return fail(
            Errc::InvalidArgument,
            fmt::format("{} in {} is not an escape: '%' needs two hexadecimal digits (a literal '%' is %25)",
                        text::shown(input.substr(i, 3)), text::shown(input)));
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += input[i] == '+' && plus == Plus::IsSpace ? ' ' : input[i];
    }
  }
  return out;
}

Result<QueryPairs> parse_query(std::string_view query) {
  QueryPairs pairs;
  while (!query.empty()) {
    auto end = query.find('&');
    auto part = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (part.empty()) continue;
    if (part.contains(';'))
      return fail(
          Errc::InvalidArgument,
          fmt::format("parameter {} holds a ';': write %3B, and '&' between parameters", text::shown(part)));
    auto equals = part.find('=');
    auto key = decode(part.substr(0, equals), Plus::IsSpace);
    if (!key) return fail("parameter name", key.error());
    auto value = decode(equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1),
                        Plus::IsSpace);
    if (!value) return fail(fmt::format("parameter {}", text::shown(*key)), value.error());
    pairs.emplace_back(std::move(*key), std::move(*value));
  }
  return pairs;
}

}  // namespace

Result<Target> parse_target(std::string_view target) {
  if (!target.starts_with('/'))
    return fail(Errc::InvalidArgument, fmt::format("target {} does not begin with '/'", text::shown(target)));
  auto mark = target.find('?');
  auto path = decode(target.substr(0, mark), Plus::Literal);
  if (!path) return fail("path", path.error());
  auto query = parse_query(mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1));
  if (!query) return std::unexpected(query.error());
  return Target{std::move(*path), std::move(*query)};
}

std::string encode_query(const QueryPairs& pairs) {
  std::string out;
  for (const auto& [key, value] : pairs) {
    if (!out.empty()) out += '&';
    out += text::percent_encode(key) + "=" + text::percent_encode(value);
  }
  return out;
}

}  // namespace dfp::net
