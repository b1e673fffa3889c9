#include "net/http_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>

namespace dfp::net {
namespace {
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

ParseFailure failure_of(const error_code& error) {
  if (error == http::error::header_limit) return {431, "the head is too large"};
  if (error == http::error::body_limit) return {413, "the body is too large"};
  if (error == http::error::bad_version) return {400, "the first line does not end in HTTP/1.0 or HTTP/1.1"};
  return {400, error.message()};
}

/// What requests and answers share: Beast's parser, filling one of our messages.
template <bool kRequest, class Message>
class MessageParser : public http::basic_parser<kRequest> {
  using Base = http::basic_parser<kRequest>;

 public:
  explicit MessageParser(ParseLimits limits) : head_limit_(limits.head_bytes), keep_body_(limits.keep_body) {
    Base::header_limit(static_cast<std::uint32_t>(limits.head_bytes));
    if (limits.body_bytes)
      Base::body_limit(*limits.body_bytes);
    else
      Base::body_limit(boost::none);
    Base::eager(false);  // so that put() stops behind the head
  }

  std::expected<std::size_t, ParseFailure> feed(std::string_view data) {
    std::size_t used = 0;
    error_code error;
    while (used < data.size() && !Base::is_done() && !error) {
      bool in_head = !Base::is_header_done();
      if (at_chunk_size() && data.size() - used < kLastChunk) break;
      auto count = Base::put(boost::asio::buffer(data.data() + used, data.size() - used), error);
      used += count;
      if (in_head) head_bytes_ += count;
      if (in_head && Base::is_header_done()) Base::eager(true);
    }
    if (refusal_) return std::unexpected(std::move(*refusal_));
    if (error && error != http::error::need_more) return std::unexpected(failure_of(error));
    // Whatever the parser waits for (a head, a chunk's size, trailers) is never longer than a head may be.
    auto pending = data.size() - used;
    bool in_head = !Base::is_header_done();
    bool stuck = !in_head && !Base::is_done() && pending > head_limit_;
    if (stuck || head_bytes_ + (in_head ? pending : 0) > head_limit_)
      return std::unexpected(failure_of(http::error::header_limit));
    return used;
  }

  Message message;

 protected:
  void refuse(int status, std::string what, error_code& error) {
    refusal_ = ParseFailure{status, std::move(what)};
    error = http::error::bad_field;
  }

  void on_field_impl(http::field field, beast::string_view name, beast::string_view value,
                     error_code& error) override {
    if (Base::is_header_done()) return;  // a trailer must not pass for a header
    if (field == http::field::transfer_encoding && !beast::iequals(value, "chunked"))
      return refuse(400, fmt::format("transfer coding \"{}\" is not \"chunked\"", view(value)), error);
    note_field(field, value);
    message.headers.add(std::string(name), std::string(value));
  }

  void on_header_impl(error_code&) override {}
  void on_request_impl(http::verb, beast::string_view, beast::string_view, int, error_code&) override {}
  void on_response_impl(int, beast::string_view, int, error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
    constexpr std::uint64_t kTrusted = 1024 * 1024;  // more is reserved only as it arrives
    if (length && keep_body_) message.body.reserve(static_cast<std::size_t>(std::min(*length, kTrusted)));
  }
  std::size_t on_body_impl(beast::string_view body, error_code&) override {
    if (keep_body_) message.body.append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t size, beast::string_view, error_code&) override {
    chunk_left_ = size;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, error_code&) override {
    chunk_left_ -= body.size();
    if (keep_body_) message.body.append(body.data(), body.size());
    return body.size();
  }
  void on_finish_impl(error_code&) override {}
  virtual void note_field(http::field, beast::string_view) {}

 private:
  /// Beast 1.81 asserts when it sees the first four bytes alone of a last chunk that is also the first one.
  /// Whatever comes instead of a chunk's size, at least the five bytes of "0\r\n\r\n" are still to come.
  static constexpr std::size_t kLastChunk = 5;
  bool at_chunk_size() const { return Base::is_header_done() && Base::chunked() && chunk_left_ == 0; }

  std::size_t head_limit_;
  bool keep_body_;
  std::size_t head_bytes_ = 0;
  std::uint64_t chunk_left_ = 0;
  std::optional<ParseFailure> refusal_;
};

/// RFC 9112, section 3.2.2: a server must accept "http://host/path?query".
std::string_view origin_form(std::string_view target) {
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!beast::iequals(beast::string_view(target.data(), std::min(target.size(), scheme.size())), scheme))
      continue;
    auto path = target.find_first_of("/?", scheme.size());
    return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
  }
  return target;
}

}  // namespace

struct RequestParser::Parser : MessageParser<true, HttpRequest> {
  using MessageParser::MessageParser;

  void on_request_impl(http::verb, beast::string_view method, beast::string_view target, int version,
                       error_code&) override {
    message.method = std::string(method);
    message.target = std::string(origin_form(view(target)));
    http11 = version == 11;
  }
  void note_field(http::field field, beast::string_view value) override {
    if (field == http::field::host) ++hosts;
    if (field == http::field::expect) expect = std::string(value);
    if (field == http::field::transfer_encoding) coded = true;
  }
  void on_header_impl(error_code& error) override {
    if (hosts > 1 || (http11 && hosts == 0)) return refuse(400, "exactly one Host header is needed", error);
    if (coded && !http11) return refuse(400, "HTTP/1.0 has no transfer codings", error);
    if (!expect.empty() && !beast::iequals(expect, "100-continue"))
      return refuse(417, fmt::format("expectation \"{}\" is not known", expect), error);
  }

  bool http11 = false;
  bool coded = false;
  int hosts = 0;
  std::string expect;
};

RequestParser::RequestParser(ParseLimits limits) : parser_(std::make_unique<Parser>(limits)) {}
RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;
std::expected<std::size_t, ParseFailure> RequestParser::feed(std::string_view data) {
  // RFC 9112, section 2.2: empty lines before a request are to be ignored.
  std::size_t skipped = 0;
  if (!parser_->got_some())
    while (data.substr(skipped).starts_with("\r\n")) skipped += 2;
  data.remove_prefix(skipped);
  if (!parser_->got_some() && data == "\r") return skipped;
  auto used = parser_->feed(data);
  if (used) *used += skipped;
  return used;
}
bool RequestParser::head_done() const { return parser_->is_header_done(); }
bool RequestParser::done() const { return parser_->is_done(); }
bool RequestParser::expects_continue() const { return parser_->http11 && !parser_->expect.empty(); }
bool RequestParser::keep_alive() const { return parser_->keep_alive(); }
bool RequestParser::is_http11() const { return parser_->http11; }
HttpRequest& RequestParser::request() { return parser_->message; }

struct ResponseParser::Parser : MessageParser<false, HttpResponse> {
  using MessageParser::MessageParser;
  void on_response_impl(int code, beast::string_view, int, error_code&) override { message.status = code; }
};

ResponseParser::ResponseParser(bool to_head, ParseLimits limits) : parser_(std::make_unique<Parser>(limits)) {
  parser_->skip(to_head);
}
ResponseParser::~ResponseParser() = default;
ResponseParser::ResponseParser(ResponseParser&&) noexcept = default;
std::expected<std::size_t, ParseFailure> ResponseParser::feed(std::string_view data) {
  return parser_->feed(data);
}
bool ResponseParser::end_of_stream() {
  if (!parser_->got_some()) return false;
  error_code error;
  parser_->put_eof(error);
  return !error;
}
bool ResponseParser::started() const { return parser_->got_some(); }
bool ResponseParser::head_done() const { return parser_->is_header_done(); }
bool ResponseParser::done() const { return parser_->is_done(); }
bool ResponseParser::keep_alive() const { return parser_->keep_alive(); }
HttpResponse& ResponseParser::response() { return parser_->message; }

}  // namespace dfp::net
