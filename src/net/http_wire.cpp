#include "net/http_wire.hpp"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <boost/beast/http/status.hpp>
#include <initializer_list>

#include "base/text.hpp"

namespace dfp::net {
namespace {

bool is_token_char(char c) {
  bool alnum = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
  return alnum || std::string_view("!#$%&'*+-.^_`|~").contains(c);
}
bool is_token(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_token_char); }

bool is_value_char(char c) {
  auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
}
bool is_target_char(char c) {
  auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7F;
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::any_of(names, [name](std::string_view other) {
    return other.size() == name.size() && ::strncasecmp(other.data(), name.data(), name.size()) == 0;
  });
}

/// Appends the headers but those in `replaced`.
Result<> append_headers(std::string& out, const Headers& headers,
                        std::initializer_list<std::string_view> replaced) {
  for (const auto& [name, value] : headers) {
    if (is_one_of(name, replaced)) continue;
    if (!is_token(name))
      return fail(Errc::Internal, fmt::format("{} is not a header name", text::shown(name)));
    if (!std::ranges::all_of(value, is_value_char))
      return fail(Errc::Internal,
                  fmt::format("header {} holds a control byte: {}", name, text::shown(value)));
    out.append(name).append(": ").append(value).append("\r\n");
  }
  return {};
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

Result<std::string> render_request_head(const HttpRequest& request, std::string_view host) {
  if (!is_token(request.method))
    return fail(Errc::InvalidArgument, fmt::format("{} is not a method", text::shown(request.method)));
  if (request.target.empty() || !std::ranges::all_of(request.target, is_target_char))
    return fail(Errc::InvalidArgument,
                fmt::format("target {} holds a space or control byte: percent-encode it",
                            text::shown(request.target)));
  std::string out;
  out.reserve(256);
  out.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  if (!request.headers.find("host")) append_field(out, "Host", host);
  if (!request.headers.find("user-agent")) append_field(out, "User-Agent", "docker-flow-proxy/" DFP_VERSION);
  bool sized = !request.body.empty() || is_one_of(request.method, {"POST", "PUT", "PATCH"});
  if (sized) append_field(out, "Content-Length", fmt::format_int(request.body.size()).c_str());
  auto headers = append_headers(out, request.headers, {"content-length", "transfer-encoding"});
  if (!headers) return fail(Errc::InvalidArgument, headers.error().what);
  out.append("\r\n");
  return out;
}

Result<std::string> render_response_head(const HttpResponse& response, const ResponseFraming& framing) {
  if (response.status < 200 || response.status > 999)
    return fail(Errc::Internal, fmt::format("{} is not the status of an answer", response.status));
  namespace http = boost::beast::http;
  auto reason = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(response.status)));
  std::string out;
  out.reserve(256 + response.body.size() % 4096);
  out.append("HTTP/1.1 ").append(fmt::format_int(response.status).c_str()).append(" ");
  out.append(reason.data(), reason.size()).append("\r\n");
  if (!framing.date.empty()) append_field(out, "Date", framing.date);
  auto headers = append_headers(out, response.headers, {"content-length", "transfer-encoding", "connection"});
  if (!headers) return std::unexpected(headers.error());
  bool sized = framing.body == ResponseFraming::Body::Sized && may_have_body(response.status);
  if (sized) append_field(out, "Content-Length", fmt::format_int(response.body.size()).c_str());
  if (framing.body == ResponseFraming::Body::Chunked) append_field(out, "Transfer-Encoding", "chunked");
  if (!framing.keep_alive) append_field(out, "Connection", "close");
  if (framing.keep_alive && !framing.http11) append_field(out, "Connection", "keep-alive");
  out.append("\r\n");
  return out;
}

bool may_have_body(int status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace dfp::net
