#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/deadline.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "net/endpoint.hpp"
#include "net/http_message.hpp"
#include "net/tls_options.hpp"

namespace dfp::net {

struct HttpServerLimits {
  std::size_t max_head_bytes = 64 * 1024;  ///< request line and headers; more gets 431
  std::size_t max_body_bytes = 64 * 1024;  ///< more gets 413
  bool keep_bodies = true;                 ///< false: no handler reads one; they are counted and dropped
  std::size_t max_connections = 1024;      ///< a further one takes the place of the longest idle one
  std::size_t max_per_peer = 1024;         ///< the same for those of one address (net/admission.hpp)
  std::size_t reserved = 0;                ///< on top: taken where all others work, for one request each
  /// The answer to a request on a reserved place; nothing for one that is handled all the same. Not set: all
  /// are.
  std::function<std::optional<HttpResponse>(const HttpRequest&)> when_crowded = {};
  Clock::duration idle = std::chrono::seconds(60);  ///< between two requests of a connection
  Clock::duration receive =
      std::chrono::seconds(30);                     ///< for a whole request to arrive; a later one gets 408
  Clock::duration send = std::chrono::seconds(30);  ///< for the client to take an answer, or a streamed piece
};

/// HTTP/1.1 server. One coroutine per connection on the given executor; keep-alive; an exception in the
/// handler is logged and answered with 500. After each answer everybody else has a turn. Malformed requests
/// get 400 and the connection is closed. HEAD is passed to the handler like GET, and the body of its answer
/// is left out: a handler need not make one. A handler is never cut off: one that waits long looks at
/// HttpRequest::left.
class HttpServer {
 public:
  using Handler = std::function<Task<HttpResponse>(HttpRequest)>;

  HttpServer(Executor executor, Handler handler, HttpServerLimits limits = {});
  /// Closes everything at once. A handler that is running ends later, without an answer: what it refers to
  /// must live until then, so call shutdown() first.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Opens the socket (without SO_REUSEPORT, so a taken port is an error) and starts to accept. May be called
  /// for several addresses.
  /// @return Conflict when the address is taken; Unavailable for other socket errors. Both name the address.
  Result<> listen(ListenAddress address);
  /// The same with TLS. @return also InvalidArgument naming a certificate or key that cannot be used.
  Result<> listen_tls(ListenAddress address, TlsServerOptions tls);
  /// The same on a unix socket, mode 0600 (the umask applies). The file of a server that is gone is replaced,
  /// one that is deleted is made again within a second, and the file is removed at the end.
  Result<> listen_unix(std::string path);
  /// The port really used by the first address (after listening on port 0).
  std::uint16_t port() const;
  /// Stops accepting, lets running requests finish until the deadline, then closes.
  /// @return whether all of them have ended; a handler that still runs refers to what it was given.
  Task<bool> shutdown(Deadline deadline);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace dfp::net
