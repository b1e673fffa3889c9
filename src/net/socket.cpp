#include "net/socket.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <optional>
#include <utility>

namespace dfp::net {
namespace asio = boost::asio;
using boost::system::error_code;

namespace {
constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
}

struct Socket::State : std::enable_shared_from_this<State> {
  State(Executor executor, std::string n) : socket(executor), timer(executor), name(std::move(n)) {}

  /// Why nothing can be waited for any more.
  std::optional<Error> ended() const {
    if (aborted) return Error{Errc::Cancelled, name + ": cancelled"};
    if (expired) return Error{Errc::Timeout, name + ": timeout"};
    return std::nullopt;
  }

  std::unexpected<Error> failure(std::string_view operation, const error_code& error) const {
    if (auto reason = ended()) return std::unexpected(std::move(*reason));
    if (error == asio::error::operation_aborted) return fail(Errc::Cancelled, name + ": cancelled");
    return fail(Errc::Unavailable, fmt::format("{}: {}: {}", name, operation, error.message()));
  }

  void cancel_waits() {
    error_code ignored;
    socket.cancel(ignored);
  }

  void abort() {
    aborted = true;
    error_code ignored;
    socket.close(ignored);
  }

  void arm() {
    armed = deadline.at;
    timer.expires_at(armed);
    timer.async_wait([weak = weak_from_this()](const error_code& error) {
      auto self = weak.lock();
      if (self && !error) self->on_alarm();
    });
  }

  void on_alarm() {
    armed = Clock::time_point::max();
    if (deadline.passed()) {
      expired = true;
      cancel_waits();
    } else if (deadline.at != Clock::time_point::max()) {
      arm();
    }
  }

  asio::basic_stream_socket<asio::generic::stream_protocol, Executor> socket;
  asio::steady_timer timer;
  std::string name;
  Deadline deadline = Deadline::never();
  Clock::time_point armed = Clock::time_point::max();  ///< when the timer fires; max: it is not running
  bool expired = false;
  bool aborted = false;
};

Socket::Socket(Executor executor, int family, int descriptor, std::string name)
    : state_(std::make_shared<State>(std::move(executor), std::move(name))) {
  error_code error;
  state_->socket.assign(asio::generic::stream_protocol(family, 0), descriptor, error);
  if (error) ::close(descriptor);  // every operation will say that the descriptor is bad
}

Socket::~Socket() {
  if (state_) state_->timer.cancel();
}
Socket::Socket(Socket&&) noexcept = default;

const std::string& Socket::name() const { return state_->name; }
int Socket::descriptor() const { return state_->socket.is_open() ? state_->socket.native_handle() : -1; }

Result<> Socket::check() const {
  if (auto reason = state_->ended()) return std::unexpected(std::move(*reason));
  return {};
}

Task<Result<std::size_t>> Socket::read(char* into, std::size_t size) {
  auto state = state_;
  if (auto reason = state->ended()) co_return std::unexpected(std::move(*reason));
  auto outcome = co_await state->socket.async_read_some(asio::buffer(into, size), kNoThrow);
  auto [error, count] = outcome;
  if (error == asio::error::eof) co_return 0;
  if (error) co_return state->failure("read", error);
  co_return count;
}

Task<Result<>> Socket::write(std::string_view first, std::string_view second) {
  auto state = state_;
  for (;;) {
    if (auto reason = state->ended()) co_return std::unexpected(std::move(*reason));
    std::array<iovec, 2> parts{iovec{const_cast<char*>(first.data()), first.size()},
                               iovec{const_cast<char*>(second.data()), second.size()}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    auto sent = ::sendmsg(state->socket.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
      co_return state->failure("write", error_code(errno, boost::system::system_category()));
    auto count = sent < 0 ? 0 : static_cast<std::size_t>(sent);
    auto of_first = std::min(count, first.size());
    first.remove_prefix(of_first);
    second.remove_prefix(count - of_first);
    if (first.empty() && second.empty()) co_return Result<>{};
    auto ready = co_await wait(true);
    if (!ready) co_return ready;
  }
}

Task<Result<>> Socket::wait_readable() { return wait(false); }
Task<Result<>> Socket::wait_writable() { return wait(true); }

Task<Result<>> Socket::wait(bool for_write) {
  auto state = state_;
  if (auto reason = state->ended()) co_return std::unexpected(std::move(*reason));
  auto what = for_write ? asio::socket_base::wait_write : asio::socket_base::wait_read;
  auto outcome = co_await state->socket.async_wait(what, kNoThrow);
  auto [error] = outcome;
  if (error) co_return state->failure(for_write ? "write" : "read", error);
  co_return Result<>{};
}

void Socket::expires_at(Deadline deadline) {
  state_->deadline = deadline;
  state_->expired = deadline.passed();
  if (state_->expired) return state_->cancel_waits();
  if (deadline.at < state_->armed) state_->arm();
}

void Socket::abort() { state_->abort(); }
std::function<void()> Socket::abort_later() const {
  return [weak = state_->weak_from_this()] {
    if (auto state = weak.lock()) state->abort();
  };
}

void Socket::shutdown_send() { ::shutdown(descriptor(), SHUT_WR); }

bool Socket::peer_left() const {
  pollfd state{descriptor(), POLLRDHUP, 0};
  return ::poll(&state, 1, 0) > 0;
}

bool Socket::broken() const {
  pollfd state{descriptor(), 0, 0};
  return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

bool Socket::is_quiet() const {
  if (state_->aborted) return false;
  pollfd state{descriptor(), POLLIN | POLLRDHUP, 0};
  return ::poll(&state, 1, 0) == 0;
}

}  // namespace dfp::net
