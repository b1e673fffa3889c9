#pragma once
#include <algorithm>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/deadline.hpp"
#include "base/wait.hpp"
#include "net/http_server.hpp"

/// For tests only.
namespace dfp::net::testing {

/// A scripted HTTP server on 127.0.0.1, on a free port. Make it inside a coroutine of dfp::testing::run. A
/// request without a rule gets 501 and its own name, so that a test shows what it forgot.
///
///   HttpImposter consul(executor);
///   consul.on("GET", "/v1/kv/a", HttpResponse(200, "[]"));
///   HttpClient client(executor, consul.endpoint());
class HttpImposter {
 public:
  explicit HttpImposter(Executor executor) : state_(std::make_shared<State>(executor)) {
    server_ = std::make_unique<HttpServer>(
        executor, [state = state_](HttpRequest request) { return answer(state, std::move(request)); });
    start(0);
  }

  Endpoint endpoint() const { return {Endpoint::Kind::Tcp, "127.0.0.1", port_}; }

  /// Adds a rule before all older ones. `target` without '?' is compared with the path as sent, else with the
  /// whole target; a final '*' stands for any rest. `method` "*" is any.
  void on(std::string method, std::string target, HttpServer::Handler handler) {
    state_->rules.push_front({std::move(method), std::move(target), std::move(handler), 0});
  }
  void on(std::string method, std::string target, HttpResponse response) {
    on(std::move(method), std::move(target), always(std::move(response)));
  }
  /// The same for the next `times` matching requests only; rules of this kind are used up in their order.
  void on_next(std::string method, std::string target, HttpResponse response, int times = 1) {
    state_->once.push_back({std::move(method), std::move(target), always(std::move(response)), times});
  }

  /// All requests that came, in order.
  const std::vector<HttpRequest>& requests() const { return state_->requests; }
  std::size_t count(std::string_view method, std::string_view target) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        state_->requests, [&](const HttpRequest& request) { return matches(method, target, request); }));
  }
  /// Until that many requests have come in all. @return false at the deadline.
  Task<bool> wait_for_requests(std::size_t wanted, Deadline deadline) {
    auto state = state_;
    while (state->requests.size() < wanted && !deadline.passed()) co_await state->arrived.wait(deadline);
    co_return state->requests.size() >= wanted;
  }

  /// Goes away: closes its port and every connection. start_again() comes back on the same port.
  void stop() { server_.reset(); }
  void start_again() {
    server_ = std::make_unique<HttpServer>(state_->executor, [state = state_](HttpRequest request) {
      return answer(state, std::move(request));
    });
    start(port_);
  }

 private:
  struct Rule {
    std::string method, target;
    HttpServer::Handler handler;
    int times;  ///< left; unused for lasting rules
  };
  struct State {
    explicit State(Executor ex) : executor(ex), arrived(ex) {}
    Executor executor;
    Signal arrived;
    std::deque<Rule> rules;
    std::deque<Rule> once;
    std::vector<HttpRequest> requests;
  };

  static bool matches(std::string_view method, std::string_view target, const HttpRequest& request) {
    std::string_view asked = request.target;
    bool prefix = target.ends_with('*');
    if (prefix) target.remove_suffix(1);
    if (!target.contains('?')) asked = asked.substr(0, asked.find('?'));
    bool same_target = prefix ? asked.starts_with(target) : asked == target;
    return (method == "*" || method == request.method) && same_target;
  }

  static Task<HttpResponse> given(HttpResponse response) { co_return response; }
  static HttpServer::Handler always(HttpResponse response) {
    return [response = std::move(response)](HttpRequest) { return given(response); };
  }

  static HttpServer::Handler find_rule(State& state, const HttpRequest& request) {
    auto fits = [&](const Rule& rule) { return matches(rule.method, rule.target, request); };
    if (auto next = std::ranges::find_if(state.once, fits); next != state.once.end()) {
      auto handler = next->handler;
      if (--next->times == 0) state.once.erase(next);
      return handler;
    }
    auto rule = std::ranges::find_if(state.rules, fits);
    if (rule != state.rules.end()) return rule->handler;
    return always(HttpResponse(501, "no rule for " + request.method + " " + request.target));
  }

  static Task<HttpResponse> answer(std::shared_ptr<State> state, HttpRequest request) {
    state->requests.push_back(request);
    state->arrived.notify_all();
    auto handler = find_rule(*state, request);
    auto response = co_await handler(std::move(request));
    co_return response;
  }

  void start(std::uint16_t port) {
    auto listening = server_->listen({"127.0.0.1", port});
    if (!listening) throw std::runtime_error(listening.error().what);
    port_ = server_->port();
  }

  std::shared_ptr<State> state_;
  std::unique_ptr<HttpServer> server_;
  std::uint16_t port_ = 0;
};

}  // namespace dfp::net::testing
