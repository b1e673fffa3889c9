#pragma once
#include <cstdint>
#include <string>
#include <utility>

#include "base/result.hpp"

namespace dfp::haproxy::process {

/// Whether nobody listens on this address. HAProxy itself would not notice: it binds with SO_REUSEPORT, and
/// two HAProxy processes then share the connections in silence.
/// @param address "*" or a literal IP address
/// @return Conflict when the port is taken; InvalidArgument when the user may not use it, or the machine does
/// not have the address; Unavailable otherwise.
Result<> check_port_free(const std::string& address, std::uint16_t port);

/// A port that is kept from other programs until HAProxy has bound it: a socket that is bound with
/// SO_REUSEPORT and does not listen. HAProxy, which has our user when it binds, can bind beside it; nobody
/// else can. It gets no connection. Move-only; the port is let go with it.
class ReservedPort {
 public:
  ReservedPort(ReservedPort&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ReservedPort& operator=(ReservedPort&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~ReservedPort();

 private:
  friend Result<ReservedPort> reserve_port(const std::string&, std::uint16_t, bool);
  explicit ReservedPort(int fd) : fd_(fd) {}
  int fd_;
};

/// Reserves a port. Costs a few system calls, no wait.
/// @param beside_ours our HAProxy listens on this port at another address, so that only listeners of programs
/// without SO_REUSEPORT can be told from it.
/// @return as check_port_free().
Result<ReservedPort> reserve_port(const std::string& address, std::uint16_t port, bool beside_ours);

}  // namespace dfp::haproxy::process
