#include "net/dial.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "net/resolve.hpp"

namespace dfp::net {
namespace {

Error refused(const Address& address, int error) {
  return {Errc::Unavailable, fmt::format("connect {}: {}", address.text(), std::strerror(error))};
}

Task<Result<Socket>> connect(Executor executor, Address address, std::shared_ptr<Interrupt> interrupt,
                             Deadline deadline) {
  int fd = ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) co_return fail(Errc::Unavailable, fmt::format("open a socket: {}", std::strerror(errno)));
  int on = 1;
  if (address.family() != AF_UNIX) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  bool pending = ::connect(fd, address.data(), address.size) != 0;
  int error = pending ? errno : 0;
  Socket socket(std::move(executor), address.family(), fd, address.text());
  socket.expires_at(deadline);
  interrupt->on_fire(socket.abort_later());
  if (error == EINPROGRESS) {
    auto ready = co_await socket.wait_writable();
    if (!ready) co_return fail("connect", ready.error());
    socklen_t size = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (error != 0) co_return std::unexpected(refused(address, error));
  co_return std::move(socket);
}

/// The first of `addresses` that takes the connection; each gets an even share of the time that is left.
Task<Result<Socket>> connect_any(Executor executor, std::vector<Address> addresses,
                                 std::shared_ptr<Interrupt> interrupt, Deadline deadline) {
  Error last{Errc::Unavailable, "the name has no address"};
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    auto share = Deadline::after(deadline.left() / static_cast<int>(addresses.size() - i));
    auto socket = co_await connect(executor, addresses[i], interrupt, share.min(deadline));
    if (socket) co_return std::move(socket);
    last = socket.error();
    if (last.code == Errc::Cancelled || deadline.passed()) break;
  }
  co_return std::unexpected(std::move(last));
}

}  // namespace

Task<Result<std::unique_ptr<ByteStream>>> dial(Executor executor, Endpoint endpoint,
                                               std::shared_ptr<TlsContext> tls,
                                               std::shared_ptr<Interrupt> interrupt, Deadline deadline) {
  auto addresses = co_await resolve(executor, endpoint, interrupt, deadline);
  if (!addresses) co_return std::unexpected(addresses.error());
  auto socket = co_await connect_any(executor, std::move(*addresses), interrupt, deadline);
  if (!socket) co_return std::unexpected(socket.error());
  socket->expires_at(deadline);
  if (endpoint.kind != Endpoint::Kind::Tls) co_return std::make_unique<PlainStream>(std::move(*socket));
  auto secured = co_await TlsContext::connect(std::move(tls), std::move(*socket), endpoint.host);
  co_return std::move(secured);
}

}  // namespace dfp::net
