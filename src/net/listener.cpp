#include "net/listener.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "net/resolve.hpp"

namespace dfp::net {
namespace {

constexpr int kBacklog = 4096;  // the kernel cuts it to net.core.somaxconn

std::unexpected<Error> failure(const std::string& address, std::string_view operation, int error) {
  auto code = error == EADDRINUSE ? Errc::Conflict : Errc::Unavailable;
  return fail(code, fmt::format("listen on {}: {}: {}", address, operation, std::strerror(error)));
}

int open_socket(int family) { return ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

/// Binds and listens; the descriptor is closed on failure.
Result<int> bind_and_listen(int fd, const Address& address, const std::string& name) {
  const char* failed = ::bind(fd, address.data(), address.size) != 0 ? "bind" : nullptr;
  if (!failed && ::listen(fd, kBacklog) != 0) failed = "listen";
  if (!failed) return fd;
  int error = errno;
  ::close(fd);
  return failure(name, failed, error);
}

/// Every address: one IPv6 socket that takes IPv4 too, or IPv4 alone where the machine has no IPv6.
Result<std::pair<int, Address>> open_for(const ListenAddress& address) {
  int on = 1, off = 0;
  Endpoint endpoint{Endpoint::Kind::Tcp, address.host.empty() ? "::" : address.host, address.port};
  auto target = literal_address(endpoint);
  int fd = target.empty() ? -1 : open_socket(target[0].family());
  if (fd < 0 && address.host.empty()) {
    endpoint.host = "0.0.0.0";
    target = literal_address(endpoint);
    fd = open_socket(AF_INET);
  }
  if (fd < 0) return failure(address.text(), "open a socket", errno);
  if (address.host.empty() && target[0].family() == AF_INET6)
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  return std::pair(fd, target[0]);
}

/// Answers leave at once, and a peer whose machine is gone is noticed within a minute.
void set_options(int fd) {
  int on = 1, idle_s = 30, interval_s = 10, probes = 3;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

/// Removes the socket file of a server that does not exist any more.
void remove_dead_socket(const std::string& path, const Address& address) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return;
  int probe = open_socket(AF_UNIX);
  if (probe < 0) return;
  bool dead = ::connect(probe, address.data(), address.size) != 0 && errno == ECONNREFUSED;
  ::close(probe);
  if (dead) ::unlink(path.c_str());
}

}  // namespace

Result<std::shared_ptr<Listener>> Listener::open_tcp(Executor executor, const ListenAddress& address) {
  auto opened = open_for(address);
  if (!opened) return std::unexpected(opened.error());
  auto fd = bind_and_listen(opened->first, opened->second, address.text());
  if (!fd) return std::unexpected(fd.error());
  return std::make_shared<Listener>(std::move(executor), opened->second.family(), *fd, std::string());
}

Result<std::shared_ptr<Listener>> Listener::open_unix(Executor executor, const std::string& path) {
  auto endpoint = parse_endpoint("unix://" + path);
  if (!endpoint) return std::unexpected(endpoint.error());
  auto address = literal_address(*endpoint).front();
  remove_dead_socket(path, address);
  int opened = open_socket(AF_UNIX);
  if (opened < 0) return failure(path, "open a socket", errno);
  ::fchmod(opened, 0600);  // on Linux this becomes the mode of the file that bind() makes
  auto fd = bind_and_listen(opened, address, path);
  if (!fd) return std::unexpected(fd.error());
  return std::make_shared<Listener>(std::move(executor), AF_UNIX, *fd, path);
}

Listener::Listener(Executor executor, int family, int descriptor, std::string path)
    : executor_(executor),
      socket_(std::in_place, executor, family, descriptor, "listener"),
      path_(std::move(path)) {}

Listener::~Listener() { close(); }

std::uint16_t Listener::port() const {
  Address address;
  address.size = sizeof address.storage;
  ::getsockname(socket_->descriptor(), reinterpret_cast<sockaddr*>(&address.storage), &address.size);
  if (address.family() == AF_INET)
    return ntohs(reinterpret_cast<const sockaddr_in*>(address.data())->sin_port);
  if (address.family() == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6*>(address.data())->sin6_port);
  return 0;
}

Task<Result<>> Listener::wait() {
  if (!socket_) co_return fail(Errc::Cancelled, "closed");
  auto ready = co_await socket_->wait_readable();
  co_return ready;
}

std::expected<std::optional<Socket>, int> Listener::accept() {
  if (!socket_) return std::nullopt;
  Address peer;
  peer.size = sizeof peer.storage;
  int fd =
      ::accept4(socket_->descriptor(), reinterpret_cast<sockaddr*>(&peer.storage), &peer.size, SOCK_CLOEXEC);
  if (fd < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)) return std::nullopt;
  if (fd < 0) return std::unexpected(errno);
  if (peer.family() != AF_UNIX) set_options(fd);
  return Socket(executor_, peer.family(), fd, peer.family() == AF_UNIX ? path_ : peer.text());
}

void Listener::close() {
  if (!socket_) return;
  socket_->abort();
  socket_.reset();
  if (!path_.empty()) ::unlink(path_.c_str());
}

}  // namespace dfp::net
