#pragma once
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_message.hpp"

namespace dfp::net {

struct ParseLimits {
  std::size_t head_bytes = 64 * 1024;
  std::optional<std::uint64_t> body_bytes;  ///< nothing: no limit
  bool keep_body = true;                    ///< false: it is counted and dropped
};

/// Why a message cannot be read on; `status` is what a server answers (400, 413, 417, 431).
struct ParseFailure {
  int status;
  std::string what;
};

/// One HTTP/1.x request, fed with bytes. No I/O. Stricter than Beast, which it stands on, where two readers
/// of one message could differ (RFC 9112, sections 3.2, 6.1, 6.3): exactly one Host, no transfer coding but
/// "chunked".
class RequestParser {
 public:
  explicit RequestParser(ParseLimits limits);
  ~RequestParser();
  RequestParser(RequestParser&&) noexcept;

  /// Uses bytes from the front of `data` and gives their number; the rest must come again, with more behind
  /// it.
  std::expected<std::size_t, ParseFailure> feed(std::string_view data);
  bool head_done() const;
  bool done() const;
  /// After the head: the client waits for "100 Continue" before it sends the body.
  bool expects_continue() const;
  /// After the head.
  bool keep_alive() const;
  bool is_http11() const;
  /// An absolute target ("http://host/path") is already reduced to its origin form.
  HttpRequest& request();

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

/// One HTTP/1.x answer, fed with bytes. No I/O.
class ResponseParser {
 public:
  /// @param to_head the answer to a HEAD request, which never has a body.
  ResponseParser(bool to_head, ParseLimits limits);
  ~ResponseParser();
  ResponseParser(ResponseParser&&) noexcept;

  std::expected<std::size_t, ParseFailure> feed(std::string_view data);
  /// The connection has ended. @return false when that cuts the message.
  bool end_of_stream();
  bool started() const;
  bool head_done() const;
  bool done() const;
  /// After the whole message: whether the connection can be used again.
  bool keep_alive() const;
  /// `body` grows with what arrives; its owner may take it away at any time.
  HttpResponse& response();

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace dfp::net
