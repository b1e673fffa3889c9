#include "net/http_session.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <exception>
#include <utility>

#include "base/log.hpp"
#include "base/yield.hpp"
#include "net/http_wire.hpp"

namespace dfp::net {

std::string_view SessionRules::date() {
  auto now = std::time(nullptr);
  if (now != date_of_) date_ = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(now));
  date_of_ = now;
  return date_;
}

/// Writes pieces as chunks (HTTP/1.1) or as they are (HTTP/1.0); useless once the session has taken its end.
class HttpSession::ChunkWriter : public BodyWriter {
 public:
  ChunkWriter(HttpSession* session, bool chunked) : session_(session), chunked_(chunked) {}

  Task<bool> write(std::string piece) override {
    if (!session_ || failed_ || session_->left_.stop_requested()) co_return false;
    if (piece.empty()) co_return true;
    std::string head;
    if (chunked_) {
      head = fmt::format("{:x}\r\n", piece.size());
      piece += "\r\n";
    }
    session_->stream_->socket().expires_at(Deadline::after(session_->rules_->limits.send));
    auto written = co_await session_->stream_->write(head, piece);
    failed_ = !written;
    co_return !failed_;
  }

  /// @return whether everything was written.
  bool detach() {
    session_ = nullptr;
    return !failed_;
  }

 private:
  HttpSession* session_;
  bool chunked_;
  bool failed_ = false;
};

namespace {

constexpr auto kCrowdedReceive = std::chrono::seconds(2);  ///< for the one request of a reserved place
constexpr auto kSlowSend = std::chrono::seconds(2);        ///< an answer is usually taken within microseconds

}  // namespace

HttpSession::HttpSession(std::shared_ptr<SessionRules> rules, Socket socket, std::shared_ptr<TlsContext> tls,
                         bool crowded)
    : rules_(std::move(rules)),
      peer_(socket.name()),
      abort_(socket.abort_later()),
      tls_(std::move(tls)),
      stream_(std::make_unique<PlainStream>(std::move(socket))),
      crowded_(crowded) {}

HttpSession::~HttpSession() { left_.request_stop(); }

void HttpSession::stop() {
  left_.request_stop();
  if (phase_ == Phase::Idle) abort();
}

void HttpSession::abort() {
  left_.request_stop();
  abort_();
}

void HttpSession::enter(Phase phase) {
  phase_ = phase;
  phase_since_ = Clock::now();
}

std::optional<Clock::time_point> HttpSession::idle_since() const {
  if (phase_ == Phase::Handling) return std::nullopt;
  if (phase_ == Phase::Sending && Clock::now() - phase_since_ < kSlowSend) return std::nullopt;
  return phase_since_;
}

void HttpSession::check_peer() {
  bool long_since = std::exchange(seen_handling_, handling()) && handling();
  if (long_since) has_left();
}

bool HttpSession::has_left() {
  if (!left_.stop_requested() && stream_->socket().peer_left()) left_.request_stop();
  return left_.stop_requested();
}

Task<> HttpSession::run() {
  if (tls_) {
    auto secured = co_await secure();
    if (!secured) co_return;
  }
  for (;;) {
    const auto& limits = rules_->limits;
    RequestParser parser({limits.max_head_bytes, limits.max_body_bytes, limits.keep_bodies});
    auto received = co_await receive(&parser);
    if (!received) co_return;
    auto goes_on = co_await answer(&parser);
    if (!goes_on) break;
    if (buffer_.unread().empty()) continue;
    // The next request is here already: nothing would wait, and nobody else would have a turn.
    co_await yield();
    if (stream_->socket().broken()) co_return;
  }
  if (buffer_.unread().empty())
    stream_->shutdown_send();
  else
    co_await linger();
}

Task<bool> HttpSession::secure() {
  auto socket = std::move(stream_->socket());
  socket.expires_at(Deadline::after(crowded_ ? kCrowdedReceive : rules_->limits.receive));
  auto secured = co_await TlsContext::accept(tls_, std::move(socket));
  if (!secured) log::debug("http.tls_failed", {{"error", secured.error().what}});
  if (secured) stream_ = std::move(*secured);
  co_return secured.has_value();
}

/// @return false when the connection is over; what was wrong with a request has been answered then.
Task<bool> HttpSession::receive(RequestParser* parser) {
  auto& socket = stream_->socket();
  enter(Phase::Idle);
  bool continued = false;
  socket.expires_at(Deadline::after(crowded_ ? kCrowdedReceive : rules_->limits.idle));
  for (;;) {
    if (!buffer_.unread().empty()) {
      if (phase_ == Phase::Idle && !crowded_) socket.expires_at(Deadline::after(rules_->limits.receive));
      if (phase_ == Phase::Idle) enter(Phase::Receiving);
      auto used = parser->feed(buffer_.unread());
      if (!used) {
        co_await refuse(std::move(used.error()));
        co_return false;
      }
      buffer_.consume(*used);
      if (parser->done()) co_return true;
      bool waits = parser->head_done() && parser->expects_continue() && buffer_.unread().empty();
      if (waits && !std::exchange(continued, true)) {
        auto asked = co_await stream_->write("HTTP/1.1 100 Continue\r\n\r\n", {});
        if (!asked) co_return false;
      }
    }
    auto [room, size] = buffer_.prepare();
    auto count = co_await stream_->read(room, size);
    bool late = !count && count.error().code == Errc::Timeout && phase_ == Phase::Receiving;
    if (late) {
      ParseFailure failure{408, "the request did not arrive in time"};
      co_await refuse(std::move(failure));
    }
    if (!count || *count == 0) co_return false;
    buffer_.commit(*count);
  }
}

Task<> HttpSession::refuse(ParseFailure failure) {
  log::debug("http.refused", {{"peer", peer_}, {"status", failure.status}, {"reason", failure.what}});
  HttpResponse response(failure.status, failure.what + "\n", {{"Content-Type", "text/plain; charset=utf-8"}});
  auto goes_on = co_await send(std::move(response), false, false, true);
  static_cast<void>(goes_on);
  co_await linger();
}

/// @return whether the connection can take another request.
Task<bool> HttpSession::answer(RequestParser* parser) {
  enter(Phase::Handling);
  seen_handling_ = false;
  bool head_only = parser->request().method == "HEAD";
  parser->request().peer = peer_;
  parser->request().left = left_.get_token();
  parser->request().has_left = [this] { return has_left(); };
  auto response = co_await handle(std::move(parser->request()));
  bool keep_alive = parser->keep_alive() && !rules_->stopping && !crowded_;
  bool goes_on = false;
  if (response.stream)
    goes_on = co_await send_stream(std::move(response), head_only, keep_alive, parser->is_http11());
  else
    goes_on = co_await send(std::move(response), head_only, keep_alive, parser->is_http11());
  co_return goes_on;
}

Task<HttpResponse> HttpSession::handle(HttpRequest request) {
  auto what = request.method + " " + request.target.substr(0, request.target.find('?'));
  if (crowded_ && rules_->limits.when_crowded)
    if (auto refusal = rules_->limits.when_crowded(request)) co_return std::move(*refusal);
  try {
    auto response = co_await rules_->handler(std::move(request));
    co_return std::move(response);
  } catch (const std::exception& error) {
    log::error("http.handler_failed", {{"request", what}, {"error", error.what()}});
  }
  co_return HttpResponse(500, "internal error\n", {{"Content-Type", "text/plain; charset=utf-8"}});
}

Task<bool> HttpSession::send(HttpResponse response, bool head_only, bool keep_alive, bool http11) {
  auto body =
      head_only && response.body.empty() ? ResponseFraming::Body::Unsaid : ResponseFraming::Body::Sized;
  ResponseFraming framing{body, keep_alive, http11, rules_->date()};
  auto head = render_response_head(response, framing);
  if (!head) {
    log::error("http.bad_answer", {{"error", head.error().what}});
    response = HttpResponse(500, "internal error\n");
    head = render_response_head(response, framing);
  }
  if (head_only || !may_have_body(response.status)) response.body.clear();
  enter(Phase::Sending);
  stream_->socket().expires_at(Deadline::after(rules_->limits.send));
  auto written = co_await stream_->write(*head, response.body);
  co_return written&& keep_alive;
}

Task<bool> HttpSession::send_stream(HttpResponse response, bool head_only, bool keep_alive, bool http11) {
  auto body = http11 ? ResponseFraming::Body::Chunked : ResponseFraming::Body::UntilClose;
  auto head = render_response_head(response, {body, keep_alive && http11, http11, rules_->date()});
  if (!head) {
    log::error("http.bad_answer", {{"error", head.error().what}});
    co_return false;
  }
  stream_->socket().expires_at(Deadline::after(rules_->limits.send));
  auto written = co_await stream_->write(*head, {});
  if (!written || head_only) co_return written&& keep_alive&& http11;
  auto writer = std::make_shared<ChunkWriter>(this, http11);
  try {
    co_await response.stream(writer);
  } catch (const std::exception& error) {
    log::error("http.stream_failed", {{"error", error.what()}});
    writer->detach();
    co_return false;  // without the last chunk the client sees that the body was cut
  }
  if (!writer->detach() || !http11) co_return false;
  auto ended = co_await stream_->write("0\r\n\r\n", {});
  co_return ended&& keep_alive && !rules_->stopping;
}

/// Closing with unread input makes the kernel send a reset, which can destroy the answer before the client
/// has read it (RFC 9112, section 9.6): say the end, then read for a moment.
Task<> HttpSession::linger() {
  constexpr auto kLinger = std::chrono::seconds(1);
  stream_->shutdown_send();
  stream_->socket().expires_at(Deadline::after(kLinger));
  for (;;) {
    buffer_.consume(buffer_.unread().size());
    auto [room, size] = buffer_.prepare();
    auto count = co_await stream_->read(room, size);
    if (!count || *count == 0) co_return;
  }
}

}  // namespace dfp::net
