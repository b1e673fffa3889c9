#pragma once
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <memory>
#include <string>
#include <vector>

#include "base/deadline.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "net/endpoint.hpp"

namespace dfp::net {

class Interrupt;

/// A socket address of any family. Internal to net.
struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  int family() const { return storage.ss_family; }
  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage); }
  /// "127.0.0.1:80", "[::1]:80" (an IPv4 address mapped into IPv6 as IPv4), or the path of a unix socket.
  std::string text() const;
};

/// The address of a literal IPv4 or IPv6 host, or of a unix socket; nothing when the host is a name.
std::vector<Address> literal_address(const Endpoint& endpoint);

/// All addresses of the endpoint in the system's order (getaddrinfo on a thread of its own; literals need
/// none).
/// @return Unavailable when the name is not known; Timeout; Cancelled after interrupt->fire().
Task<Result<std::vector<Address>>> resolve(Executor executor, Endpoint endpoint,
                                           std::shared_ptr<Interrupt> interrupt, Deadline deadline);

}  // namespace dfp::net
