#include "net/http_server.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/wait.hpp"
#include "base/yield.hpp"
#include "net/admission.hpp"
#include "net/http_session.hpp"
#include "net/listener.hpp"

namespace dfp::net {
using namespace std::chrono_literals;

namespace {
constexpr std::size_t kLocalConnections = 64;  ///< of a unix socket
constexpr auto kFileLooks = 1s;                ///< between two looks at a unix socket's file
constexpr auto kPeerLooks = 100ms;             ///< between two looks at who has left
}  // namespace

struct HttpServer::State : std::enable_shared_from_this<State> {
  State(Executor ex, Handler handler, HttpServerLimits limits)
      : executor(ex),
        rules(std::make_shared<SessionRules>(std::move(handler), limits)),
        admission({limits.max_connections, limits.max_per_peer, limits.reserved}),
        local_admission({kLocalConnections, kLocalConnections, limits.reserved}),
        session_ended(ex),
        closing(ex) {}

  /// One of the connections the limits allow, held from accept to close.
  struct Slot {
    Slot(std::shared_ptr<State> s, Admission* of, Admission::Handle seat_)
        : state(std::move(s)), admission(of), seat(seat_) {
      ++state->connections;
    }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ~Slot() {
      --state->connections;
      state->sessions.erase(session);
      admission->leave(seat);
      state->session_ended.notify_all();
    }
    void attach(HttpSession* to) {
      session = to;
      seat->idle_since = [to] { return to->idle_since(); };
      seat->evict = [to] { to->abort(); };
      state->sessions.insert(to);
    }
    std::shared_ptr<State> state;
    Admission* admission;
    Admission::Handle seat;
    HttpSession* session = nullptr;
  };

  void start(std::shared_ptr<Listener> listener, std::shared_ptr<TlsContext> tls);
  void close_listeners();
  /// Until every session has ended. @return false at the deadline.
  Task<bool> drained(Deadline deadline);

  static Task<> accept_all(std::shared_ptr<State> state, std::shared_ptr<Listener> listener,
                           std::shared_ptr<TlsContext> tls);
  /// @return false when nothing more can be accepted now; errno of accept in `error`
  bool accept_one(Listener* listener, Admission* of, const std::shared_ptr<TlsContext>& tls, int* error);
  static Task<> serve(std::unique_ptr<Slot> slot, Socket socket, std::shared_ptr<TlsContext> tls);
  static Task<> watch_peers(std::shared_ptr<State> state);
  static Task<> keep_unix(std::shared_ptr<State> state, std::shared_ptr<Listener> listener, std::string path);
  static Task<> back_off(std::shared_ptr<State> state, int error);

  Executor executor;
  std::shared_ptr<SessionRules> rules;
  Admission admission;
  Admission local_admission;  ///< of unix sockets: who may open them need not compete with a network
  std::vector<std::shared_ptr<Listener>> listeners;
  std::size_t connections = 0;
  std::set<HttpSession*> sessions;
  Signal session_ended;
  Signal closing;
  std::uint16_t first_port = 0;
  bool watching = false;
  bool short_of_resources = false;
};

void HttpServer::State::start(std::shared_ptr<Listener> listener, std::shared_ptr<TlsContext> tls) {
  if (first_port == 0) first_port = listener->port();
  listeners.push_back(listener);
  spawn(executor, accept_all(shared_from_this(), std::move(listener), std::move(tls)), "http.accept");
}

void HttpServer::State::close_listeners() {
  rules->stopping = true;
  for (const auto& listener : listeners) listener->close();
  closing.notify_all();
  session_ended.notify_all();
}

Task<> HttpServer::State::accept_all(std::shared_ptr<State> state, std::shared_ptr<Listener> listener,
                                     std::shared_ptr<TlsContext> tls) {
  auto* admission = listener->port() == 0 ? &state->local_admission : &state->admission;
  while (!state->rules->stopping) {
    if (admission->full()) {
      co_await state->session_ended.wait(Deadline::after(1s));
      continue;
    }
    auto ready = co_await listener->wait();
    if (!ready) co_return;
    int error = 0;
    constexpr int kBatch =
        16;  // then sessions get their turn, before a later connection can take their place
    for (int i = 0; i < kBatch && !admission->full(); ++i)
      if (!state->accept_one(listener.get(), admission, tls, &error)) break;
    if (error != 0) co_await back_off(state, error);
    if (error == 0) co_await yield();
  }
}

bool HttpServer::State::accept_one(Listener* listener, Admission* of, const std::shared_ptr<TlsContext>& tls,
                                   int* error) {
  auto accepted = listener->accept();
  if (!accepted) *error = accepted.error();
  if (!accepted || !*accepted) return false;
  short_of_resources = false;
  auto seat = of->admit((*accepted)->name());
  if (!seat) return true;  // closed: this peer has all it may have, and uses it
  spawn(executor, serve(std::make_unique<Slot>(shared_from_this(), of, *seat), std::move(**accepted), tls),
        "http.session");
  return true;
}

/// Out of descriptors or memory: the connection stays in the queue and would be offered again at once.
Task<> HttpServer::State::back_off(std::shared_ptr<State> state, int error) {
  if (!std::exchange(state->short_of_resources, true))
    log::warn("http.accept_failed", {{"error", std::strerror(error)}, {"connections", state->connections}});
  co_await state->closing.wait(Deadline::after(100ms));
}

Task<> HttpServer::State::serve(std::unique_ptr<Slot> slot, Socket socket, std::shared_ptr<TlsContext> tls) {
  auto state = slot->state;
  HttpSession session(state->rules, std::move(socket), std::move(tls), slot->seat->reserved);
  slot->attach(&session);
  if (state->rules->stopping) co_return;
  if (!std::exchange(state->watching, true)) spawn(state->executor, watch_peers(state), "http.watch_peers");
  co_await session.run();
}

/// Waiting for the readability of each connection whose handler runs would cost every request a system call
/// or two; looking at the few that run long costs next to nothing.
Task<> HttpServer::State::watch_peers(std::shared_ptr<State> state) {
  while (!state->rules->stopping && !state->sessions.empty()) {
    co_await state->closing.wait(Deadline::after(kPeerLooks));
    for (auto* session : state->sessions) session->check_peer();
  }
  state->watching = false;
}

/// A cleaner of /run or /tmp deletes the file, and a socket without one is reached by nobody.
Task<> HttpServer::State::keep_unix(std::shared_ptr<State> state, std::shared_ptr<Listener> listener,
                                    std::string path) {
  while (!state->rules->stopping) {
    co_await state->closing.wait(Deadline::after(kFileLooks));
    std::error_code error;
    bool gone = std::filesystem::symlink_status(path, error).type() == std::filesystem::file_type::not_found;
    if (!gone || state->rules->stopping) continue;
    auto fresh = Listener::open_unix(state->executor, path);
    if (!fresh) continue;  // its folder is not there yet
    log::warn("http.socket_restored", {{"path", path}});
    std::erase(state->listeners, listener);
    listener->forget_file();
    listener->close();
    listener = *fresh;
    state->start(std::move(*fresh), nullptr);
  }
}

Task<bool> HttpServer::State::drained(Deadline deadline) {
  auto self = shared_from_this();
  while (self->connections > 0 && !deadline.passed()) co_await self->session_ended.wait(deadline);
  co_return self->connections == 0;
}

HttpServer::HttpServer(Executor executor, Handler handler, HttpServerLimits limits)
    : state_(std::make_shared<State>(std::move(executor), std::move(handler), limits)) {}

HttpServer::~HttpServer() {
  state_->close_listeners();
  for (auto* session : state_->sessions) session->abort();
}

Result<> HttpServer::listen(ListenAddress address) {
  auto listener = Listener::open_tcp(state_->executor, address);
  if (!listener) return std::unexpected(listener.error());
  state_->start(std::move(*listener), nullptr);
  return {};
}

Result<> HttpServer::listen_tls(ListenAddress address, TlsServerOptions tls) {
  auto context = TlsContext::server(tls);
  if (!context) return std::unexpected(context.error());
  auto listener = Listener::open_tcp(state_->executor, address);
  if (!listener) return std::unexpected(listener.error());
  state_->start(std::move(*listener), std::move(*context));
  return {};
}

Result<> HttpServer::listen_unix(std::string path) {
  auto listener = Listener::open_unix(state_->executor, path);
  if (!listener) return std::unexpected(listener.error());
  spawn(state_->executor, State::keep_unix(state_, *listener, std::move(path)), "http.keep_socket");
  state_->start(std::move(*listener), nullptr);
  return {};
}

std::uint16_t HttpServer::port() const { return state_->first_port; }

Task<bool> HttpServer::shutdown(Deadline deadline) {
  auto state = state_;
  state->close_listeners();
  for (auto* session : state->sessions) session->stop();
  auto finished = co_await state->drained(deadline);
  if (finished) co_return true;
  for (auto* session : state->sessions) session->abort();
  // What only waits for its socket ends now; a handler that still runs cannot be waited for any longer.
  finished = co_await state->drained(Deadline::after(100ms));
  if (!finished) log::warn("http.shutdown_incomplete", {{"requests", state->connections}});
  co_return finished;
}

}  // namespace dfp::net
