#pragma once
#include <memory>
#include <string>

#include "net/stream.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace dfp::net {

/// Empties OpenSSL's error queue into one text.
std::string tls_error_text();

/// TLS over a socket. Internal to net.
class TlsStream : public ByteStream {
 public:
  enum class Role { Client, Server };
  TlsStream(Socket socket, ssl_ctx_st* context, Role role);

  Task<Result<>> handshake();
  /// 0 only at the peer's close_notify: a connection cut before it is Unavailable, as it may hide a
  /// truncation.
  Task<Result<std::size_t>> read(char* into, std::size_t size) override;
  Task<Result<>> write(std::string_view first, std::string_view second) override;
  void shutdown_send() override;
  ssl_st* ssl() { return ssl_.get(); }

 private:
  enum class Step { Handshake, Read, Write };
  Task<Result<std::size_t>> drive(Step step, char* data, std::size_t size);
  Error failure(Step step, int ssl_error) const;

  struct Deleter {
    void operator()(ssl_st* ssl) const;
  };
  std::unique_ptr<ssl_st, Deleter> ssl_;
  unsigned steps_ = 0;
};

}  // namespace dfp::net
