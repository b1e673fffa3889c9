#pragma once
#include <sys/types.h>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace dfp::haproxy::process {

/// A TCP socket that waits for connections.
struct ListeningSocket {
  std::string address;  ///< "*" for all IPv4 addresses, an IPv4 address, or an IPv6 address without brackets
  std::uint16_t port = 0;

  auto operator<=>(const ListeningSocket&) const = default;
};

/// What these processes listen on, as the kernel tells: also of one that is frozen, or whose own sockets for
/// questions were deleted. Sorted. Costs a pass over all TCP connections of the machine (10 ms per 10,000).
/// @return Unavailable where we may not look (another user's process, a hidden /proc).
Result<std::vector<ListeningSocket>> listening_sockets(const std::vector<pid_t>& pids);

/// Those of a table as in /proc/net/tcp or tcp6 (proc(5)) whose inode is among `inodes`.
std::vector<ListeningSocket> parse_socket_table(std::string_view table, const std::set<std::string>& inodes);

}  // namespace dfp::haproxy::process
