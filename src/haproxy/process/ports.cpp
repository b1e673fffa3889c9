#include "haproxy/process/ports.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace dfp::haproxy::process {
namespace {

socklen_t fill(sockaddr_storage& storage, const std::string& address, std::uint16_t port) {
  if (address.contains(':')) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    ::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr);
    return sizeof v6;
  }
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  if (address != "*") ::inet_pton(AF_INET, address.c_str(), &v4.sin_addr);
  return sizeof v4;
}

std::unexpected<Error> refused(const std::string& address, std::uint16_t port, int error) {
  if (error == EADDRINUSE)
    return fail(Errc::Conflict,
                fmt::format("port {} on {} is taken by another program (ss -ltnp shows which one); "
                            "stop it or choose another port",
                            port, address));
  if (error == EACCES)
    return fail(Errc::InvalidArgument,
                fmt::format("port {} on {}: this user may not use it; run as root or with the capability "
                            "NET_BIND_SERVICE, or choose a port from 1024 on",
                            port, address));
  if (error == EADDRNOTAVAIL)
    return fail(Errc::InvalidArgument,
                fmt::format("port {} on {}: this machine does not have the address (ip addr shows which "
                            "ones it has); choose another address",
                            port, address));
  return fail(Errc::Unavailable, fmt::format("port {} on {}: {}", port, address, std::strerror(error)));
}

int open_socket(const std::string& address) {
  return ::socket(address.contains(':') ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/// Binds the socket. @return errno, 0 when it is bound.
int bind_to(int fd, const std::string& address, std::uint16_t port, bool shared) {
  sockaddr_storage storage{};
  auto size = fill(storage, address, port);
  int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);  // only closing connections: not a listener
  if (shared) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (storage.ss_family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  return ::bind(fd, reinterpret_cast<sockaddr*>(&storage), size) == 0 ? 0 : errno;
}

}  // namespace

Result<> check_port_free(const std::string& address, std::uint16_t port) {
  int fd = open_socket(address);
  if (fd < 0) return fail(Errc::Unavailable, fmt::format("open a socket: {}", std::strerror(errno)));
  int error = bind_to(fd, address, port, false);
  if (error == 0 && ::listen(fd, 1) != 0) error = errno;
  ::close(fd);
  if (error != 0) return refused(address, port, error);
  return {};
}

ReservedPort::~ReservedPort() {
  if (fd_ >= 0) ::close(fd_);
}

Result<ReservedPort> reserve_port(const std::string& address, std::uint16_t port, bool beside_ours) {
  if (!beside_ours)
    if (auto free = check_port_free(address, port); !free) return std::unexpected(free.error());
  int fd = open_socket(address);
  if (fd < 0) return fail(Errc::Unavailable, fmt::format("open a socket: {}", std::strerror(errno)));
  ReservedPort reserved(fd);
  if (int error = bind_to(fd, address, port, true); error != 0) return refused(address, port, error);
  return reserved;
}

}  // namespace dfp::haproxy::process
