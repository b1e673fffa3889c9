#include "model/health_check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/parse.hpp"
#include "base/text.hpp"
#include "model/definition.hpp"
#include "model/instance.hpp"

namespace dfp::model {
namespace {
using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr int kLeastStatus = 100;
constexpr int kMostStatus = 599;
constexpr auto kLeastInterval = 100ms;
constexpr auto kMostInterval = 1h;
constexpr auto kLeastTimeout = 10ms;
constexpr auto kMostTimeout = 1min;

std::unexpected<Error> refuse(std::string_view parameter, std::string_view value, std::string_view allowed) {
  return fail(Errc::InvalidArgument,
              fmt::format("{}: {} is not allowed: {}", parameter, text::shown(value), allowed));
}

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool all_of(std::string_view value, std::string_view marks) {
  return std::ranges::all_of(value, [&](char c) { return is_alnum(c) || marks.contains(c); });
}

/// RFC 9112, section 3.2.1: path and query as they stand in a request.
bool is_target(std::string_view path) {
  return path.starts_with('/') && all_of(path, "-._~!$&'()*+,;=:@/?%");
}

/// RFC 9110, section 5.6.2. CONNECT asks for a tunnel, which is no answer.
bool is_method(std::string_view method) {
  return all_of(method, "!#$%&'*+-.^_`|~") && text::lower(method) != "connect";
}

/// A host name or an address (IPv6 in brackets), perhaps with a port.
bool is_host(std::string_view host) { return all_of(host, "-._:[]"); }

/// The first parameter that was given; empty for none.
std::string_view first_given(const CheckParameters& check) {
  if (!check.path.empty()) return "checkPath";
  if (!check.method.empty()) return "checkMethod";
  if (!check.host.empty()) return "checkHost";
  if (!check.status.empty()) return "checkStatus";
  if (check.interval) return "checkInterval";
  if (check.timeout) return "checkTimeout";
  if (check.rise) return "checkRise";
  if (check.fall) return "checkFall";
  return check.tcp ? "checkTcp" : "";
}

Result<> check_together(const Definition& d) {
  const auto& check = d.check;
  auto name = first_given(check);
  if (name.empty()) return {};
  auto excluded = [&](std::string_view why) {
    return fail(Errc::InvalidArgument, fmt::format("{}: {}; leave one of the two out", name, why));
  };
  if (d.has_template()) return excluded("a template defines its own health checks");
  if (d.skip_check) return excluded("skipCheck disables checks");
  bool http = !check.path.empty();
  if (check.tcp && http) return excluded("checkTcp checks the TCP connection only");
  bool details = !check.method.empty() || !check.host.empty() || !check.status.empty();
  if (details && !http) return fail(Errc::InvalidArgument, fmt::format("{}: needs a checkPath", name));
  return {};
}

std::string meta_of(const Instance& instance, std::string_view key) {
  auto at = instance.meta.find(std::string(key));
  return at == instance.meta.end() ? std::string() : at->second;
}

/// As Go writes whole ones ("5s", "1m0s"; "1m30s" is given up on), within what a parameter may say.
std::optional<milliseconds> meta_duration(const Instance& instance, std::string_view key, milliseconds least,
                                          milliseconds most) {
  auto text = meta_of(instance, key);
  for (std::string_view rest : {"m0s", "h0m"})
    if (text.ends_with(rest)) text.resize(text.size() - 2);
  auto duration = parse::duration(text, 0ms, 24h);
  if (!duration) return std::nullopt;
  return std::clamp(*duration, least, most);
}

void add_from_registry(const Instance& instance, HealthCheck& check) {
  auto path = meta_of(instance, kMetaCheckHttp);
  if (path.empty()) return;
  if (!path.starts_with('/')) path.insert(0, "/");
  auto method = meta_of(instance, kMetaCheckMethod);
  if (!is_target(path) || !is_method(method)) return;
  check.path = std::move(path);
  if (!method.empty()) check.method = std::move(method);
  check.interval = meta_duration(instance, kMetaCheckInterval, kLeastInterval, kMostInterval);
  check.timeout = meta_duration(instance, kMetaCheckTimeout, kLeastTimeout, kMostTimeout);
}

std::string shown(const StatusRange& range) {
  return range.first == range.last ? fmt::format("{}", range.first)
                                   : fmt::format("{}-{}", range.first, range.last);
}

}  // namespace

Result<StatusRange> parse_status_range(std::string_view text) {
  auto refused = refuse("checkStatus", text, "a status like 204, a range like 200-399, or a class like 2xx");
  if (text.size() == 3 && text.ends_with("xx") && text[0] >= '1' && text[0] <= '5') {
    int first = (text[0] - '0') * 100;
    return StatusRange{first, first + 99};
  }
  auto dash = text.find('-');
  auto first = parse::number(text.substr(0, dash), kLeastStatus, kMostStatus);
  auto last = dash == std::string_view::npos
                  ? first
                  : parse::number(text.substr(dash + 1), kLeastStatus, kMostStatus);
  if (!first || !last || *first > *last) return refused;
  return StatusRange{static_cast<int>(*first), static_cast<int>(*last)};
}

Result<> check_checks(const Definition& d) {
  const auto& check = d.check;
  if (!check.path.empty() && !is_target(check.path))
    return refuse("checkPath", check.path, "a path beginning with '/', with its query, percent-encoded");
  if (!is_method(check.method))
    return refuse("checkMethod", check.method, "a method like GET, HEAD, OPTIONS");
  if (!is_host(check.host))
    return refuse("checkHost", check.host, "a host name or address, optionally with a port");
  for (const auto& status : check.status)
    if (auto range = parse_status_range(status); !range) return std::unexpected(range.error());
  return check_together(d);
}

bool HealthCheck::accepts(int status) const {
  return std::ranges::any_of(
      healthy, [&](const StatusRange& range) { return status >= range.first && status <= range.last; });
}

std::string HealthCheck::statuses() const {
  std::string all;
  for (const auto& range : healthy) all += (all.empty() ? "" : ",") + shown(range);
  return all;
}

std::string HealthCheck::text() const {
  return is_http() ? fmt::format("{} {} ({})", method, path, statuses()) : "a connection";
}

HealthCheck check_of(const Definition& definition, const Instance& instance) {
  const auto& given = definition.check;
  HealthCheck check;
  if (!given.path.empty()) {
    check.path = given.path;
    if (!given.method.empty()) check.method = given.method;
    check.host = given.host;
    if (!given.status.empty()) check.healthy.clear();
    for (const auto& status : given.status)
      if (auto range = parse_status_range(status)) check.healthy.push_back(*range);
  } else if (!given.tcp) {
    add_from_registry(instance, check);
  }
  if (given.interval) check.interval = given.interval;
  if (given.timeout) check.timeout = given.timeout;
  check.rise = given.rise;
  check.fall = given.fall;
  return check;
}

}  // namespace dfp::model
