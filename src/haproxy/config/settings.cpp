#include "haproxy/config/settings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "haproxy/config/writer.hpp"

namespace dfp::haproxy {
namespace {

using std::chrono::milliseconds;

std::unexpected<Error> refuse(std::string_view key, std::string_view value, std::string_view allowed) {
  return fail(Errc::InvalidArgument,
              fmt::format("{}: {} is not allowed: {}", key, text::shown(value), allowed));
}

/// HAProxy's own limit is 2^31 - 1 ms; which spans make sense is for whoever asks (settings/properties.cpp).
Result<> check_span(std::string_view key, milliseconds span) {
  constexpr milliseconds kMost = std::chrono::hours(24 * 24);
  if (span >= milliseconds(1) && span <= kMost) return {};
  return refuse(key, fmt::format("{} ms", span.count()), fmt::format("1 to {} ms", kMost.count()));
}

Result<> check_bind(std::string_view key, const Bind& bind) {
  if (bind.address != "*" && !config::is_ip_address(bind.address))
    return refuse(key, bind.address, "an IP address or *");
  if (bind.port == 0) return refuse(key, "0", "a port from 1 to 65535");
  return {};
}

/// HAProxy and this program on one port: the start would blame "another program".
Result<> check_apart(std::string_view key, const Bind& bind, const std::vector<OtherPort>& others) {
  for (const auto& [other, what] : others) {
    bool overlap = bind.address == other.address || bind.address == "*" || other.address == "*";
    if (bind.port == other.port && overlap)
      return refuse(key, fmt::format("{}:{}", bind.address, bind.port),
                    fmt::format("a port that is not the proxy's own already: {}", what));
  }
  return {};
}

Result<> check_stats(const StatsPage& stats) {
  auto is_plain = [](std::string_view text) {
    return std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c != 0x7F; });
  };
  if (!stats.uri.starts_with('/') || !is_plain(stats.uri) || stats.uri.contains(' '))
    return refuse("stats-uri", stats.uri, "a path that begins with '/'");
  if (stats.user.empty() || stats.user.contains(':') || !is_plain(stats.user))
    return refuse("stats-user", stats.user, "one or more printable characters, no ':'");
  if (stats.password.empty() || !is_plain(stats.password))
    return refuse("stats-password", "***", "one or more printable characters");
  return stats.bind ? check_bind("stats-port", *stats.bind) : Result<>{};
}

Result<> check_timeouts(const Timeouts& t) {
  const std::pair<std::string_view, milliseconds> all[] = {{"timeout-connect", t.connect},
                                                           {"timeout-client", t.client},
                                                           {"timeout-server", t.server},
                                                           {"timeout-queue", t.queue},
                                                           {"timeout-tunnel", t.tunnel},
                                                           {"timeout-http-request", t.http_request},
                                                           {"timeout-http-keep-alive", t.http_keep_alive}};
  for (const auto& [key, span] : all)
    if (auto ok = check_span(key, span); !ok) return ok;
  return {};
}

}  // namespace

Result<> Settings::validate() const {
  constexpr std::size_t kLongestRunDir =
      80;  // a socket path has 108 bytes (unix(7)), the names take up to 20
  auto dir = run_dir.string();
  bool plain = std::ranges::all_of(dir, [](unsigned char c) { return c > 0x20 && c != 0x7F && c != '\''; });
  if (!run_dir.is_absolute() || dir.size() > kLongestRunDir || !plain)
    return refuse("run-dir", dir, "an absolute path of at most 80 characters without spaces and quotes");
  if (program.empty()) return refuse("haproxy", program, "the path of the haproxy program");
  if (http.empty()) return refuse("http", "", "at least one ADDRESS:PORT");
  for (const auto& [key, binds] : {std::pair{"http", &http}, std::pair{"https", &https}})
    for (const auto& bind : *binds) {
      if (auto ok = check_bind(key, bind); !ok) return ok;
      if (auto ok = check_apart(key, bind, other_ports); !ok) return ok;
    }
  if (auto ok = check_timeouts(timeouts); !ok) return ok;
  if (auto ok = check_span("check-interval", checks.interval); !ok) return ok;
  if (auto ok = check_span("hard-stop-after", hard_stop_after); !ok) return ok;
  if (stats)
    if (auto ok = check_stats(*stats); !ok) return ok;
  if (stats && stats->bind)
    if (auto ok = check_apart("stats-port", *stats->bind, other_ports); !ok) return ok;
  if (maxconn < 1) return refuse("max-connections", std::to_string(maxconn), "at least 1");
  if (shares.service < 1 || shares.service > 100)
    return refuse("max-connections-per-service", std::to_string(shares.service), "1 to 100");
  if (shares.address < 1 || shares.address > 100)
    return refuse("max-connections-per-client", std::to_string(shares.address), "1 to 100");
  for (const auto& network : trusted_proxies)
    if (!config::is_network(network))
      return refuse("trusted-proxies", network, "an IP address or a network such as 10.0.0.0/8");
  if (threads < 0 || threads > 64) return refuse("threads", std::to_string(threads), "0 to 64");
  if (spare_backends < 0 || spare_backends > 99'999)
    return refuse("spare-backends", std::to_string(spare_backends), "0 to 99999");
  return {};
}

}  // namespace dfp::haproxy
