#include "haproxy/runtime/listeners.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace dfp::haproxy::runtime {
namespace {

constexpr std::size_t kDescriptorsAtOnce = 252;  // MAX_SEND_FD
constexpr std::string_view kCommand = "_getsocks\n";

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::unexpected<Error> failed(std::string_view step) {
  bool late = errno == EAGAIN || errno == EWOULDBLOCK;
  return fail(late ? Errc::Timeout : Errc::Unavailable,
              fmt::format("listeners of haproxy: {}: {}", step, std::strerror(errno)));
}

Result<> connect_to(int fd, const std::string& path, std::chrono::milliseconds limit) {
  timeval time{};
  time.tv_sec = limit.count() / 1000;
  time.tv_usec = limit.count() % 1000 * 1000;
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return failed("connect");
  if (::send(fd, kCommand.data(), kCommand.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(kCommand.size()))
    return failed("send");
  return {};
}

/// What a descriptor is; nullopt for a socket that is not TCP.
std::optional<Listener> look_at(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  int type = 0;
  socklen_t type_size = sizeof type;
  bool known = ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) == 0 &&
               ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size) == 0;
  if (!known || type != SOCK_STREAM) return std::nullopt;
  int accepts = 0;
  socklen_t accepts_size = sizeof accepts;
  ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &accepts_size);
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    bool all = v4.sin_addr.s_addr == INADDR_ANY;
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return Listener{all ? "*" : text, ntohs(v4.sin_port), accepts != 0};
  }
  if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return Listener{text, ntohs(v6.sin6_port), accepts != 0};
  }
  return std::nullopt;
}

/// One message with descriptors; all of them are closed again. @return how many they were.
Result<std::size_t> receive_some(int fd, std::vector<Listener>& into) {
  std::array<char, 64 * 1024> names;  // name space and interface of each
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kDescriptorsAtOnce)> control;
  iovec part{names.data(), names.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  auto size = ::recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
  if (size < 0) return failed("receive");
  if (size == 0) return fail(Errc::Unavailable, "listeners of haproxy: closed by haproxy");
  std::size_t count = 0;
  for (auto* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    auto here = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < here; ++i) {
      int one = -1;
      std::memcpy(&one, CMSG_DATA(c) + i * sizeof(int), sizeof one);
      Descriptor owned(one);
      if (auto listener = look_at(one)) into.push_back(std::move(*listener));
    }
    count += here;
  }
  return count;
}

}  // namespace

Result<std::vector<Listener>> read_listeners(const std::string& socket_path,
                                             std::chrono::milliseconds limit) {
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return failed("open a socket");
  if (auto connected = connect_to(socket.get(), socket_path, limit); !connected)
    return std::unexpected(connected.error());
  int wanted = 0;
  if (::recv(socket.get(), &wanted, sizeof wanted, MSG_WAITALL) != sizeof wanted) return failed("receive");
  std::vector<Listener> listeners;
  for (std::size_t got = 0; got < static_cast<std::size_t>(wanted);) {
    auto some = receive_some(socket.get(), listeners);
    if (!some) return std::unexpected(some.error());
    if (*some == 0) return fail(Errc::Unavailable, "listeners of haproxy: an answer without sockets");
    got += *some;
    if (got >= static_cast<std::size_t>(wanted)) break;
    auto told = static_cast<int>(got);
    // HAProxy waits for this before it sends more.
    if (::send(socket.get(), &told, sizeof told, MSG_NOSIGNAL) < 0) return failed("send");
  }
  return listeners;
}

}  // namespace dfp::haproxy::runtime
