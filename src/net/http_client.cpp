#include "net/http_client.hpp"

#include <fmt/format.h>

#include <set>
#include <utility>
#include <vector>

#include "net/dial.hpp"
#include "net/http_parser.hpp"
#include "net/http_wire.hpp"
#include "net/read_buffer.hpp"
#include "net/tls.hpp"

namespace dfp::net {
namespace {

constexpr std::size_t kMaxIdle = 16;                      // kept connections
constexpr auto kMaxIdleTime = std::chrono::seconds(50);   // servers commonly close after 60 s
constexpr std::uint64_t kMaxBody = 256ULL * 1024 * 1024;  // of a collected answer
constexpr std::size_t kMaxHead = 256 * 1024;

struct Connection {
  std::unique_ptr<ByteStream> stream;
  ReadBuffer buffer;
  Clock::time_point idle_since{};
  bool reused = false;
  bool answered = false;  ///< some byte of the present answer has arrived
};

/// A request of which the answer's head has arrived.
struct Exchange {
  Connection connection;
  ResponseParser parser;
};

bool may_repeat(const std::string& method) { return method != "POST" && method != "PATCH"; }

bool may_change(const std::string& method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

/// The error of a request that was sent.
Error unanswered(Error error, bool may_change) {
  bool no_answer = error.code == Errc::Unavailable || error.code == Errc::Timeout;
  if (may_change && no_answer) error.code = Errc::OutcomeUnknown;
  return error;
}

Error not_http(const ParseFailure& failure) {
  return {Errc::Rejected, "the answer is not valid HTTP: " + failure.what};
}

/// Reads once and parses what came.
Task<Result<>> read_more(Connection* connection, ResponseParser* parser) {
  auto [room, size] = connection->buffer.prepare();
  auto count = co_await connection->stream->read(room, size);
  if (!count) co_return std::unexpected(count.error());
  if (*count == 0 && parser->end_of_stream()) co_return Result<>{};
  if (*count == 0)
    co_return fail(Errc::Unavailable,
                   connection->stream->socket().name() + ": closed before the end of the answer");
  connection->answered = true;
  connection->buffer.commit(*count);
  auto used = parser->feed(connection->buffer.unread());
  if (!used) co_return std::unexpected(not_http(used.error()));
  connection->buffer.consume(*used);
  co_return Result<>{};
}

}  // namespace

struct HttpClient::State : std::enable_shared_from_this<State> {
  State(Executor ex, Endpoint to, TlsOptions options)
      : executor(std::move(ex)), endpoint(std::move(to)), tls_options(std::move(options)) {}

  /// One request in flight: registered from its start to its end, so that cancel() finds it.
  class Call {
   public:
    explicit Call(std::shared_ptr<State> state) : state_(std::move(state)) {
      state_->calls.insert(interrupt);
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    ~Call() { state_->calls.erase(interrupt); }
    const std::shared_ptr<Interrupt> interrupt = std::make_shared<Interrupt>();

   private:
    std::shared_ptr<State> state_;
  };

  std::string context(const HttpRequest& request) const {
    return fmt::format("{} {}{}", request.method, endpoint.url(),
                       request.target.substr(0, request.target.find('?')));
  }
  std::string host_header() const;
  Result<std::shared_ptr<TlsContext>> tls_context();

  std::optional<Connection> take_idle();
  void give_back(Connection connection);

  Task<Result<Connection>> acquire(std::shared_ptr<Interrupt> interrupt, bool fresh, Deadline deadline);
  Task<Result<ResponseParser>> read_head(Connection* connection, bool to_head, ParseLimits limits);
  Task<Result<Exchange>> start(HttpRequest request, std::shared_ptr<Interrupt> interrupt, ParseLimits limits,
                               Deadline deadline);
  Task<Result<HttpResponse>> send(HttpRequest request, std::shared_ptr<Interrupt> interrupt,
                                  Deadline deadline);

  Executor executor;
  Endpoint endpoint;
  TlsOptions tls_options;
  std::shared_ptr<TlsContext> tls;
  std::vector<Connection> idle;
  std::set<std::shared_ptr<Interrupt>> calls;
};

std::string HttpClient::State::host_header() const {
  if (endpoint.kind == Endpoint::Kind::Unix) return "localhost";
  auto url = endpoint.url();
  return url.substr(url.find("://") + 3);
}

Result<std::shared_ptr<TlsContext>> HttpClient::State::tls_context() {
  if (endpoint.kind != Endpoint::Kind::Tls || tls) return tls;
  auto made = TlsContext::client(tls_options);
  if (made) tls = *made;
  return made;
}

std::optional<Connection> HttpClient::State::take_idle() {
  while (!idle.empty()) {
    auto connection = std::move(idle.back());
    idle.pop_back();
    bool young = Clock::now() - connection.idle_since < kMaxIdleTime;
    if (young && connection.stream->socket().is_quiet()) return connection;
  }
  return std::nullopt;
}

void HttpClient::State::give_back(Connection connection) {
  if (!connection.buffer.unread().empty()) return;
  connection.reused = true;
  connection.answered = false;
  connection.idle_since = Clock::now();
  connection.stream->socket().expires_at(Deadline::never());
  if (idle.size() >= kMaxIdle) idle.erase(idle.begin());
  idle.push_back(std::move(connection));
}

Task<Result<Connection>> HttpClient::State::acquire(std::shared_ptr<Interrupt> interrupt, bool fresh,
                                                    Deadline deadline) {
  if (!fresh) {
    auto kept = take_idle();
    if (kept) {
      kept->stream->socket().expires_at(deadline);
      interrupt->on_fire(kept->stream->socket().abort_later());
      co_return std::move(*kept);
    }
  }
  auto context = tls_context();
  if (!context) co_return std::unexpected(context.error());
  auto stream = co_await dial(executor, endpoint, *context, interrupt, deadline);
  if (!stream) co_return std::unexpected(stream.error());
  Connection connection;
  connection.stream = std::move(*stream);
  co_return std::move(connection);
}

Task<Result<ResponseParser>> HttpClient::State::read_head(Connection* connection, bool to_head,
                                                          ParseLimits limits) {
  for (;;) {
    ResponseParser parser(to_head, limits);
    auto used = parser.feed(connection->buffer.unread());
    if (!used) co_return std::unexpected(not_http(used.error()));
    connection->buffer.consume(*used);
    while (!parser.head_done()) {
      auto more = co_await read_more(connection, &parser);
      if (!more) co_return std::unexpected(more.error());
    }
    bool interim = parser.response().status < 200 && parser.response().status != 101;
    if (!interim) co_return std::move(parser);
  }
}

Task<Result<Exchange>> HttpClient::State::start(HttpRequest request, std::shared_ptr<Interrupt> interrupt,
                                                ParseLimits limits, Deadline deadline) {
  auto head = render_request_head(request, host_header());
  if (!head) co_return std::unexpected(head.error());
  bool changes = may_change(request.method);
  for (bool fresh = false;; fresh = true) {
    auto connection = co_await acquire(interrupt, fresh, deadline);
    if (!connection) co_return std::unexpected(connection.error());
    auto written = co_await connection->stream->write(*head, request.body);
    // A server may answer and close before it has read everything: look for its answer after a failed write,
    // too.
    bool look = written || written.error().code == Errc::Unavailable;
    if (!look) co_return std::unexpected(unanswered(written.error(), changes));
    auto parser = co_await read_head(&*connection, request.method == "HEAD", limits);
    if (parser) co_return Exchange{std::move(*connection), std::move(*parser)};
    bool broken = parser.error().code == Errc::Unavailable && !connection->answered;
    bool stale = connection->reused && broken && may_repeat(request.method);
    if (!stale) co_return std::unexpected(unanswered(written ? parser.error() : written.error(), changes));
    idle.clear();
  }
}

Task<Result<HttpResponse>> HttpClient::State::send(HttpRequest request, std::shared_ptr<Interrupt> interrupt,
                                                   Deadline deadline) {
  ParseLimits limits{kMaxHead, kMaxBody};
  bool changes = may_change(request.method);
  auto exchange = co_await start(std::move(request), std::move(interrupt), limits, deadline);
  if (!exchange) co_return std::unexpected(exchange.error());
  auto& [connection, parser] = *exchange;
  while (!parser.done()) {
    auto more = co_await read_more(&connection, &parser);
    if (!more) co_return std::unexpected(unanswered(more.error(), changes));
  }
  auto response = std::move(parser.response());
  if (parser.keep_alive() && response.status != 101) give_back(std::move(connection));
  co_return response;
}

HttpClient::HttpClient(Executor executor, Endpoint endpoint, TlsOptions tls)
    : state_(std::make_shared<State>(std::move(executor), std::move(endpoint), std::move(tls))) {}
HttpClient::~HttpClient() { cancel(); }

const Endpoint& HttpClient::endpoint() const { return state_->endpoint; }

Task<Result<HttpResponse>> HttpClient::send(HttpRequest request, Deadline deadline) {
  auto state = state_;
  State::Call call(state);
  auto context = state->context(request);
  auto response = co_await state->send(std::move(request), call.interrupt, deadline);
  if (!response) co_return fail(context, response.error());
  co_return std::move(*response);
}

Task<Result<>> HttpClient::stream(HttpRequest request, std::function<bool(const HttpResponse& head)> on_head,
                                  std::function<bool(std::string_view data)> on_data, Deadline head_deadline,
                                  Clock::duration idle) {
  auto state = state_;
  State::Call call(state);
  auto context = state->context(request);
  auto exchange = co_await state->start(std::move(request), call.interrupt,
                                        ParseLimits{kMaxHead, std::nullopt}, head_deadline);
  if (!exchange) co_return fail(context, exchange.error());
  auto& [connection, parser] = *exchange;
  auto first = std::exchange(parser.response().body, {});
  if (!on_head(parser.response())) co_return Result<>{};
  for (;;) {
    if (!first.empty() && !on_data(first)) co_return Result<>{};
    if (parser.done()) break;
    connection.stream->socket().expires_at(Deadline::after(idle));
    auto more = co_await read_more(&connection, &parser);
    if (!more) co_return fail(context, more.error());
    first = std::exchange(parser.response().body, {});
  }
  if (parser.keep_alive()) state->give_back(std::move(connection));
  co_return Result<>{};
}

void HttpClient::cancel() {
  state_->idle.clear();
  auto calls = state_->calls;
  for (const auto& interrupt : calls) interrupt->fire();
}

}  // namespace dfp::net
