#include "docker/host_address.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>

namespace dfp::docker {
namespace {

bool is_loopback(std::string_view address) {
  return address.empty() || address.starts_with("127.") || address == "::1" || address == "0.0.0.0" ||
         address == "::";
}

/// Closes the descriptor at the end.
class DatagramSocket {
 public:
  explicit DatagramSocket(int family) : fd_(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}
  ~DatagramSocket() {
    if (fd_ >= 0) ::close(fd_);
  }
  DatagramSocket(const DatagramSocket&) = delete;
  DatagramSocket& operator=(const DatagramSocket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

/// nullptr when the name is not known.
AddressList look_up(const net::Endpoint& target) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  auto port = std::to_string(target.port == 0 ? 9 : target.port);
  if (::getaddrinfo(target.host.c_str(), port.c_str(), &hints, &found) != 0) found = nullptr;
  return {found, ::freeaddrinfo};
}

std::optional<std::string> number_of(const sockaddr* address, socklen_t size) {
  std::array<char, NI_MAXHOST> text{};
  if (::getnameinfo(address, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0)
    return std::nullopt;
  return std::string(text.data());
}

/// A datagram socket that is connected sends nothing, but the kernel has chosen the address to send from.
std::optional<std::string> chosen_address(const addrinfo& target) {
  DatagramSocket socket(target.ai_family);
  if (socket.fd() < 0 || ::connect(socket.fd(), target.ai_addr, target.ai_addrlen) != 0) return std::nullopt;
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  auto* address = reinterpret_cast<sockaddr*>(&own);
  if (::getsockname(socket.fd(), address, &size) != 0) return std::nullopt;
  return number_of(address, size);
}

}  // namespace

std::string own_hostname() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

std::optional<std::string> source_address(const net::Endpoint& target) {
  if (target.kind == net::Endpoint::Kind::Unix) return std::nullopt;
  auto found = look_up(target);
  auto address = found ? chosen_address(*found) : std::nullopt;
  if (!address || is_loopback(*address)) return std::nullopt;
  return address;
}

std::optional<std::string> numeric_address(const net::Endpoint& target) {
  if (target.kind == net::Endpoint::Kind::Unix) return std::nullopt;
  auto found = look_up(target);
  return found ? number_of(found->ai_addr, found->ai_addrlen) : std::nullopt;
}

std::string host_address(const EngineInfo& engine, const std::string& own_name, const net::Endpoint& peer) {
  if (!is_loopback(engine.node_addr)) return engine.node_addr;
  if (own_name != engine.name) return {};  // a container has its id as its name
  if (auto address = source_address(peer)) return *address;
  // 192.0.2.1 belongs to nobody (RFC 5737): the way to it is the default route.
  auto outside = source_address({net::Endpoint::Kind::Tcp, "192.0.2.1", 9});
  return outside.value_or("");
}

}  // namespace dfp::docker
