#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace dfp::haproxy::runtime {

/// What HAProxy counts for a frontend or backend from the start of its process. Source: management guide 2.6,
/// section 9.1; the comments name the columns.
enum class Count : std::size_t {
  Status1xx,         ///< hrsp_1xx
  Status2xx,         ///< hrsp_2xx
  Status3xx,         ///< hrsp_3xx
  Status4xx,         ///< hrsp_4xx
  Status5xx,         ///< hrsp_5xx
  StatusOther,       ///< hrsp_other
  Received,          ///< bin: bytes from clients
  Sent,              ///< bout: bytes to clients
  Connections,       ///< conn_tot, of frontends
  Denied,            ///< dreq: requests that a rule refused
  RequestErrors,     ///< ereq: requests that were none, of frontends
  ConnectionErrors,  ///< econ: servers that could not be reached
  ResponseErrors,    ///< eresp: answers that were none, or broke off
  Retries,           ///< wretr
  Redispatches,      ///< wredis: retries with another server
  ClientAborts,      ///< cli_abrt
  ServerAborts,      ///< srv_abrt
};
inline constexpr std::size_t kCounts = 17;

/// Averages of the last 1,024 requests, in milliseconds.
enum class Span : std::size_t {
  Queue,     ///< qtime: in the queue
  Connect,   ///< ctime: until the server was connected
  Response,  ///< rtime: until its answer began
  Total,     ///< ttime: until it ended
};
inline constexpr std::size_t kSpans = 4;

struct Traffic {
  std::array<std::uint64_t, kCounts> counts{};
  std::array<std::uint64_t, kSpans> averages{};
  std::uint64_t sessions = 0;  ///< scur: at this moment
  std::uint64_t queued = 0;    ///< qcur: at this moment

  std::uint64_t& operator[](Count count) { return counts[static_cast<std::size_t>(count)]; }
  std::uint64_t operator[](Count count) const { return counts[static_cast<std::size_t>(count)]; }
};

struct TrafficStat {
  std::string proxy;  ///< the frontend's or backend's name
  bool frontend = false;
  Traffic traffic;
};

/// The command for all frontends and backends, or for one of either.
std::string show_traffic(std::string_view proxy = {});
/// @return Rejected for anything but its reply
Result<std::vector<TrafficStat>> parse_traffic(std::string_view reply);

}  // namespace dfp::haproxy::runtime
