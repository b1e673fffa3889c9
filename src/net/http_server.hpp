#pragma once
#include <functional>
#include <memory>

#include "base/deadline.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "net/endpoint.hpp"
#include "net/http_message.hpp"

namespace dfp::net {

struct HttpServerLimits {
  std::size_t max_head_bytes = 64 * 1024;              ///< request line and headers; more gets 431
  std::size_t max_body_bytes = 4 * 1024 * 1024;        ///< more gets 413
  std::size_t max_connections = 1024;                  ///< further ones wait in the listen queue
  Clock::duration idle = std::chrono::seconds(60);     ///< between two requests of a connection
  Clock::duration receive = std::chrono::seconds(30);  ///< for a whole request to arrive
};

/// HTTP/1.1 server. One coroutine per connection on the given executor; keep-alive; an exception in the
/// handler is logged and answered with 500. Malformed requests get 400 and the connection is closed.
class HttpServer {
 public:
  using Handler = std::function<Task<HttpResponse>(HttpRequest)>;

  HttpServer(Executor executor, Handler handler, HttpServerLimits limits = {});
  /// Closes everything at once.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Opens the socket (without SO_REUSEPORT, so a taken port is an error) and starts to accept.
  /// @return Conflict when the address is taken; Unavailable for other socket errors. Both name the address.
  Result<> listen(ListenAddress address);
  /// The port really used (after listening on port 0).
  std::uint16_t port() const;
  /// Stops accepting, lets running requests finish until the deadline, then closes.
  Task<> shutdown(Deadline deadline);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace dfp::net
