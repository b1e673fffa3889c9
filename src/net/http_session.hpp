#pragma once
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "net/http_parser.hpp"
#include "net/http_server.hpp"
#include "net/read_buffer.hpp"
#include "net/tls.hpp"

namespace dfp::net {

/// What the sessions of one server share.
class SessionRules {
 public:
  SessionRules(HttpServer::Handler h, HttpServerLimits l) : handler(std::move(h)), limits(l) {}
  /// Now, as the Date header wants it; rendered once a second.
  std::string_view date();

  const HttpServer::Handler handler;
  const HttpServerLimits limits;
  bool stopping = false;

 private:
  std::time_t date_of_ = -1;
  std::string date_;
};

/// One connection of the server, from accept to close. Internal to net.
class HttpSession {
 public:
  /// @param crowded on a reserved place: for one short request, see HttpServerLimits::when_crowded
  HttpSession(std::shared_ptr<SessionRules> rules, Socket socket, std::shared_ptr<TlsContext> tls,
              bool crowded);
  ~HttpSession();
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  /// Serves requests until either side closes.
  Task<> run();
  /// Closes now when idle, else after the present request; a handler that waits long is told.
  void stop();
  /// Ends reading and writing now.
  void abort();
  /// Tells a handler that runs for a while already when its client has gone.
  void check_peer();
  /// Looks now. @return whether its client has gone, or just ended its sending side, or the server stops
  bool has_left();
  /// Since when it waits for its client: for a request, the rest of one, or (longer than a while) for an
  /// answer to be taken. Nothing while it works.
  std::optional<Clock::time_point> idle_since() const;
  bool handling() const { return phase_ == Phase::Handling; }

 private:
  class ChunkWriter;
  enum class Phase { Idle, Receiving, Handling, Sending };

  void enter(Phase phase);
  Task<bool> secure();
  Task<bool> receive(RequestParser* parser);
  Task<> refuse(ParseFailure failure);
  Task<bool> answer(RequestParser* parser);
  Task<HttpResponse> handle(HttpRequest request);
  Task<bool> send(HttpResponse response, bool head_only, bool keep_alive, bool http11);
  Task<bool> send_stream(HttpResponse response, bool head_only, bool keep_alive, bool http11);
  Task<> linger();

  std::shared_ptr<SessionRules> rules_;
  std::string peer_;
  std::function<void()> abort_;
  std::shared_ptr<TlsContext> tls_;
  std::unique_ptr<ByteStream> stream_;
  ReadBuffer buffer_;
  Phase phase_ = Phase::Idle;
  Clock::time_point phase_since_ = Clock::now();
  bool crowded_;
  bool seen_handling_ = false;  ///< at the last check_peer()
  std::stop_source left_;
};

}  // namespace dfp::net
