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

}  // namespace

Result<> check_port_free(const std::string& address, std::uint16_t port) {
  sockaddr_storage storage{};
  auto size = fill(storage, address, port);
  int fd = ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail(Errc::Unavailable, fmt::format("open a socket: {}", std::strerror(errno)));
  int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);  // only closing connections: not a listener
  if (storage.ss_family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  bool free = ::bind(fd, reinterpret_cast<sockaddr*>(&storage), size) == 0 && ::listen(fd, 1) == 0;
  int error = free ? 0 : errno;
  ::close(fd);
  if (free) return {};
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
  return fail(Errc::Unavailable, fmt::format("port {} on {}: {}", port, address, std::strerror(error)));
}

}  // namespace dfp::haproxy::process
