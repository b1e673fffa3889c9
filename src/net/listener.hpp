#pragma once
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/task.hpp"
#include "net/endpoint.hpp"
#include "net/socket.hpp"

namespace dfp::net {

/// A listening socket. Internal to net.
class Listener {
 public:
  /// @return Conflict when the address is taken; Unavailable otherwise. Both name the address.
  static Result<std::shared_ptr<Listener>> open_tcp(Executor executor, const ListenAddress& address);
  static Result<std::shared_ptr<Listener>> open_unix(Executor executor, const std::string& path);
  Listener(Executor executor, int family, int descriptor, std::string path);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// 0 for a unix socket.
  std::uint16_t port() const;
  /// Until a connection waits to be accepted. @return Cancelled after close().
  Task<Result<>> wait();
  /// A waiting connection, nothing when there is none, or errno.
  std::expected<std::optional<Socket>, int> accept();
  /// Somebody has deleted the file of a unix socket: close() leaves the path to who comes after.
  void forget_file() { path_.clear(); }
  void close();

 private:
  Executor executor_;
  std::optional<Socket> socket_;
  std::string path_;
};

}  // namespace dfp::net
