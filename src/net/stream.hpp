#pragma once
#include <memory>
#include <utility>

#include "net/socket.hpp"

namespace dfp::net {

/// A connected stream of bytes: plain (TCP, unix) or TLS over one. HTTP is written against this alone, so
/// that it is compiled once. Deadlines and cancellation are those of its socket. Internal to net.
class ByteStream {
 public:
  explicit ByteStream(Socket socket) : socket_(std::move(socket)) {}
  virtual ~ByteStream() = default;

  /// As Socket::read() and Socket::write().
  virtual Task<Result<std::size_t>> read(char* into, std::size_t size) = 0;
  virtual Task<Result<>> write(std::string_view first, std::string_view second) = 0;
  /// Tells the peer that nothing more will be sent.
  virtual void shutdown_send() = 0;

  Socket& socket() { return socket_; }

 protected:
  Socket socket_;
};

class PlainStream : public ByteStream {
 public:
  using ByteStream::ByteStream;
  Task<Result<std::size_t>> read(char* into, std::size_t size) override { return socket_.read(into, size); }
  Task<Result<>> write(std::string_view first, std::string_view second) override {
    return socket_.write(first, second);
  }
  void shutdown_send() override { socket_.shutdown_send(); }
};

}  // namespace dfp::net
