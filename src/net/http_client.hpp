#pragma once
#include <functional>
#include <memory>

#include "base/deadline.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "net/endpoint.hpp"
#include "net/http_message.hpp"
#include "net/tls_options.hpp"

namespace dfp::net {

/// HTTP/1.1 client for one server, with a pool of kept-alive connections. Use from its executor only.
/// A stale kept-alive connection (closed by the peer before any byte of the answer) is retried once on a
/// fresh one; POST and PATCH only where nothing was sent yet, since they could be executed twice (RFC 9110,
/// section 9.2.2). Errors begin with the method and the URL without its query ("GET
/// http://consul:8500/v1/kv/a: ...").
class HttpClient {
 public:
  HttpClient(Executor executor, Endpoint endpoint, TlsOptions tls = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  const Endpoint& endpoint() const;

  /// Sends and reads the whole answer (any status is a success here; bodies up to 256 MiB).
  /// @return Unavailable when no connection can be made or it breaks; Timeout; OutcomeUnknown instead of both
  /// where a request that may change something (not GET, HEAD, OPTIONS) was sent; Rejected for an answer that
  /// is not HTTP; InvalidArgument for a request that cannot be written as HTTP, or TLS files that cannot be
  /// used.
  Task<Result<HttpResponse>> send(HttpRequest request, Deadline deadline);

  /// For endless answers (event streams, watches): calls `on_head` once, then `on_data` for each piece of the
  /// body as it arrives. Either returns false to stop. `head_deadline` covers connect to head, `idle` the
  /// time between two pieces.
  /// @return success when the peer ended the body or a callback stopped it; else as send().
  Task<Result<>> stream(HttpRequest request, std::function<bool(const HttpResponse& head)> on_head,
                        std::function<bool(std::string_view data)> on_data, Deadline head_deadline,
                        Clock::duration idle);

  /// Ends every request in flight with Cancelled and closes all connections; the client can be used again.
  void cancel();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace dfp::net
