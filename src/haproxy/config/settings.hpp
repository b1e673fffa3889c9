#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace dfp::haproxy {

/// An address HAProxy listens on.
struct Bind {
  std::string address = "*";  ///< "*" (all IPv4), an IPv4 address, or an IPv6 address without brackets
  std::uint16_t port = 80;

  bool operator==(const Bind&) const = default;
};

/// The original's defaults (TIMEOUT_*). All positive.
struct Timeouts {
  std::chrono::milliseconds connect = std::chrono::seconds(5);
  std::chrono::milliseconds client = std::chrono::seconds(20);
  std::chrono::milliseconds server = std::chrono::seconds(20);
  std::chrono::milliseconds queue = std::chrono::seconds(30);
  std::chrono::milliseconds http_request = std::chrono::seconds(5);
  std::chrono::milliseconds http_keep_alive = std::chrono::seconds(15);
  std::chrono::milliseconds tunnel = std::chrono::hours(1);

  bool operator==(const Timeouts&) const = default;
};

/// HAProxy's statistics page (STATS_*). Without `port` it answers on the public listener, as the original
/// did.
struct StatsPage {
  std::string user;
  std::string password;  ///< user and password both "none": open to everybody
  std::string uri = "/admin?stats";
  std::optional<Bind> bind;  ///< its own listener

  bool operator==(const StatsPage&) const = default;
};

/// HAProxy's own health checks of servers. The interval grows with the number of servers so that all of them
/// together are probed at most `probes_per_second` times a second.
struct Checks {
  bool enabled = true;  ///< false: the health that instances come with decides which servers are used
  std::chrono::milliseconds interval = std::chrono::seconds(2);  ///< shortest time between two probes
  int fall = 3;
  int rise = 2;
  int probes_per_second = 500;
};

/// A port that another part of this program listens on.
struct OtherPort {
  Bind bind;
  std::string what;  ///< in messages: "the API (--api)"

  bool operator==(const OtherPort&) const = default;
};

/// Whether a connection to `host`, an address or a name, reaches the API of this program. Resolves no names.
/// @param port nothing: a port that is known only when a client connects
using IsOwnApi = std::function<bool(const std::string& host, std::optional<std::uint16_t> port)>;

/// Percent of `maxconn` that one of each may take. [1, 100]; 100: no limit
struct Shares {
  int service = 75;
  int address = 50;  ///< of clients
};

struct Settings {
  std::string program = "haproxy";  ///< path, or a name looked up in PATH
  std::filesystem::path
      run_dir;  ///< sockets, configuration, HAProxy's log; absolute and short (108-byte socket paths)
  std::vector<Bind> http = {Bind{}};
  std::vector<Bind> https;             ///< bound only when `certs_dir` holds a certificate
  std::vector<OtherPort> other_ports;  ///< HAProxy never listens there, whatever a template says
  IsOwnApi is_own_api;                 ///< HAProxy never connects there; may be empty
  std::filesystem::path certs_dir;     ///< PEM files, each with certificate and key; "" for none
  /// Addresses and networks ("10.0.0.0/8") of proxies in front of this one, whose X-Forwarded-* stay.
  std::vector<std::string> trusted_proxies;
  bool merge_slashes = false;    ///< "//" in a path is "/"
  bool cleartext_http2 = false;  ///< clients may speak HTTP/2 without TLS, without asking
  Timeouts timeouts;
  Checks checks;
  std::optional<StatsPage> stats;
  int maxconn = 20000;  ///< concurrent connections of the worker
  Shares shares;
  int threads = 0;  ///< 0: one per core
  std::chrono::milliseconds hard_stop_after =
      std::chrono::minutes(5);  ///< the longest life of a replaced worker
  std::chrono::milliseconds reload_timeout =
      std::chrono::seconds(30);  ///< a new worker must have confirmed its configuration by then
  std::chrono::milliseconds silence_limit =
      std::chrono::seconds(10);  ///< a HAProxy that does not answer for so long is replaced
  int spare_backends = 512;      ///< for services that come without a reload (HAProxy before 3.4)
  std::set<std::string, std::less<>> allowed_keywords;  ///< what custom templates may use although
                                                        ///< permission.hpp refuses it, by the refusal's name
  bool confine_template_check = true;  ///< a template whose check cannot be confined is refused

  /// @return InvalidArgument naming the setting, its value and what is allowed.
  Result<> validate() const;
};

/// How many requests of one service HAProxy works on at one time.
inline int connections_of_one(const Settings& settings) {
  return std::max(1, static_cast<int>(std::int64_t{settings.maxconn} * settings.shares.service / 100));
}

}  // namespace dfp::haproxy
