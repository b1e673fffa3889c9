#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/task.hpp"

namespace dfp::net {

/// Header fields in order; names compare without case.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}
  /// The first field of that name.
  std::optional<std::string_view> find(std::string_view name) const;
  /// Replaces every field of that name.
  void set(std::string_view name, std::string value);
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct HttpRequest {
  HttpRequest() = default;
  HttpRequest(std::string method_, std::string target_, std::string body_ = {}, Headers headers_ = {})
      : method(std::move(method_)),
        target(std::move(target_)),
        headers(std::move(headers_)),
        body(std::move(body_)) {}

  std::string method = "GET";
  std::string target = "/";  ///< origin form: path and query, percent-encoded
  Headers headers;
  std::string body;
  std::string peer;  ///< server side: the client's address and port, or the path of a unix socket's client
  /// Server side: requested when the client has closed its connection, or just its sending side (noticed
  /// within a quarter of a second), or the server stops. For handlers that wait long: look at it after each
  /// wait, or register a std::stop_callback that ends the wait.
  std::stop_token left;
  /// Server side: looks at the connection in this moment, at the cost of a system call, and says whether
  /// `left` is requested now. For what must not begin for a client that has just gone. Only until the handler
  /// has ended; not set on the client's side.
  std::function<bool()> has_left = {};
};

/// Takes the body of a streamed answer, piece by piece.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  /// Sends a piece at once; an empty one sends nothing.
  /// @return false when the client has left, does not take it in time, or the server stops: end the stream
  /// then.
  virtual Task<bool> write(std::string piece) = 0;
};

struct HttpResponse {
  HttpResponse() = default;
  HttpResponse(int status_, std::string body_ = {}, Headers headers_ = {})
      : status(status_), headers(std::move(headers_)), body(std::move(body_)) {}

  int status = 200;
  Headers headers;
  std::string body;
  /// Server side: when set, the body is what this coroutine writes (server-sent events, long downloads) and
  /// `body` is not used. It should watch HttpRequest::left while it has nothing to write.
  std::function<Task<>(std::shared_ptr<BodyWriter>)> stream;
};

}  // namespace dfp::net
