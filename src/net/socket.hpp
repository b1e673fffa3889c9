#pragma once
#include <sys/socket.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/deadline.hpp"
#include "base/result.hpp"
#include "base/task.hpp"

namespace dfp::net {

/// One non-blocking stream socket (TCP or unix). Every wait on it ends at the deadline set with expires_at()
/// or at abort(). One reader and one writer at a time; use from its executor only. Internal to net.
class Socket {
 public:
  /// Takes over an open descriptor. `name` (the peer) stands in error messages.
  Socket(Executor executor, int family, int descriptor, std::string name);
  ~Socket();
  Socket(Socket&&) noexcept;
  Socket& operator=(Socket&&) = delete;

  const std::string& name() const;
  /// -1 after abort().
  int descriptor() const;

  /// Reads at least one byte; 0 at the peer's end of stream.
  /// @return Timeout after the deadline; Cancelled after abort(); Unavailable when the connection is broken.
  Task<Result<std::size_t>> read(char* into, std::size_t size);
  /// Writes all of both pieces, in one system call where the kernel takes them. Errors as for read().
  Task<Result<>> write(std::string_view first, std::string_view second);
  /// For code that reads, writes or connects by itself: whether it still may. Errors as for read().
  Result<> check() const;
  Task<Result<>> wait_readable();
  Task<Result<>> wait_writable();

  /// From now on everything ends with Timeout at this time; a later call replaces an earlier one.
  /// Cheap when the time moves away: the timer is then left as it is and armed again when it fires.
  void expires_at(Deadline deadline);
  /// Closes at once; the present wait and every later one end with Cancelled.
  void abort();
  /// Calls abort() if the socket still exists.
  std::function<void()> abort_later() const;
  /// Sends the end of stream; reading goes on.
  void shutdown_send();
  /// Whether the peer has closed its sending side or the connection is broken, whatever is still to be read.
  bool peer_left() const;
  /// Whether the connection is broken, so that nothing can be sent: a peer that has only ended its sending
  /// side still waits for answers.
  bool broken() const;
  /// Whether a kept-alive connection can take a request: open, and nothing unasked has arrived.
  bool is_quiet() const;

 private:
  struct State;
  Task<Result<>> wait(bool for_write);
  std::shared_ptr<State> state_;
};

}  // namespace dfp::net
