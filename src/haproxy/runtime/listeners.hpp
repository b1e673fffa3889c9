#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace dfp::haproxy::runtime {

/// A TCP socket that a worker has bound.
struct Listener {
  std::string address;  ///< "*" for all IPv4 addresses, an IPv4 address, or an IPv6 address without brackets
  std::uint16_t port = 0;
  bool accepts = false;  ///< false: HAProxy has let go of it for the moment, and clients are refused

  bool operator==(const Listener&) const = default;
};

/// Asks a worker for the sockets it listens on, as a new worker does in a reload, and looks at them. This is
/// what the kernel says, whatever configuration was written or lost. Blocks for at most `limit` for each step
/// (the worker's answer takes well below a millisecond): for a thread that may.
/// @param socket_path the runtime socket; it must have been declared with `expose-fd listeners`.
/// @return Unavailable, Timeout.
/// Source: HAProxy 2.6 to 3.4, src/cli.c, `_getsocks`; management guide, "-x".
Result<std::vector<Listener>> read_listeners(const std::string& socket_path, std::chrono::milliseconds limit);

}  // namespace dfp::haproxy::runtime
