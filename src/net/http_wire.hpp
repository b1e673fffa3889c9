#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/http_message.hpp"

/// Messages as bytes. Internal to net.
namespace dfp::net {

/// The request line and headers of a request for `host`. Host, User-Agent and Content-Length are added unless
/// given.
/// @return InvalidArgument for a method, target or header that would break the message (spaces, line ends).
Result<std::string> render_request_head(const HttpRequest& request, std::string_view host);

/// What the connection, not the handler, decides about an answer.
struct ResponseFraming {
  enum class Body {
    Sized,
    Chunked,
    UntilClose,
    Unsaid
  };  ///< Unsaid: the answer to HEAD whose body was not made
  Body body = Body::Sized;
  bool keep_alive = true;
  bool http11 = true;
  std::string_view date;  ///< IMF-fixdate
};

/// The status line and headers of an answer; framing headers of the handler are replaced.
/// @return Internal for a status or header that would break the message.
Result<std::string> render_response_head(const HttpResponse& response, const ResponseFraming& framing);

/// Whether an answer of this status has a body at all (RFC 9110, section 6.4.1).
bool may_have_body(int status);

}  // namespace dfp::net
