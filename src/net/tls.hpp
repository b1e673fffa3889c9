#pragma once
#include <memory>
#include <string>

#include "base/result.hpp"
#include "base/task.hpp"
#include "net/stream.hpp"
#include "net/tls_options.hpp"

struct ssl_ctx_st;

namespace dfp::net {

/// Certificates and rules, read once and shared by many connections. TLS 1.2 and later. Internal to net.
class TlsContext {
 public:
  /// @return InvalidArgument naming the file that cannot be used.
  static Result<std::shared_ptr<TlsContext>> client(const TlsOptions& options);
  static Result<std::shared_ptr<TlsContext>> server(const TlsServerOptions& options);

  /// Shakes hands on a connected socket, within the socket's deadline. `host` is the name to ask for and to
  /// verify.
  /// @return Unavailable with the reason when the handshake or the verification fails; else as
  /// Socket::read().
  static Task<Result<std::unique_ptr<ByteStream>>> connect(std::shared_ptr<TlsContext> context, Socket socket,
                                                           std::string host);
  static Task<Result<std::unique_ptr<ByteStream>>> accept(std::shared_ptr<TlsContext> context, Socket socket);

  struct Deleter {
    void operator()(ssl_ctx_st* context) const;
  };
  using Handle = std::unique_ptr<ssl_ctx_st, Deleter>;
  TlsContext(Handle handle, bool verify, std::string server_name)
      : handle_(std::move(handle)), verify_(verify), server_name_(std::move(server_name)) {}

 private:
  Handle handle_;
  bool verify_;
  std::string server_name_;
};

}  // namespace dfp::net
