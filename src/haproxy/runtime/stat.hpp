#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace dfp::haproxy::runtime {

/// One server of `show stat`, as far as we use it. Source: management guide 2.6, section 9.1 (the columns).
struct ServerStat {
  std::string backend;
  std::string server;
  std::string status;            ///< "UP", "DOWN", "UP 1/3" (going down), "MAINT", "DRAIN", "no check"
  std::chrono::seconds since{};  ///< how long it has been that
  std::string check;             ///< of the last check: "L4OK", "L4TOUT", "L7STS/500"; empty for none
  std::string text;              ///< what it found, in words
};

/// The command for the servers of one backend, or of all.
std::string show_servers(std::string_view backend = {});
/// Reads the reply by the names of its columns. @return Rejected for anything else
Result<std::vector<ServerStat>> parse_server_stats(std::string_view reply);

}  // namespace dfp::haproxy::runtime
