#pragma once
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "net/dial.hpp"
#include "net/http_client.hpp"
#include "net/listener.hpp"

/// For tests only: peers that speak bytes, to do what our own client and server never would.
namespace dfp::net::testing {

/// The value, or an exception that ends the test with the error's text.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().what);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// The answer to a request that must succeed within 5 s.
inline Task<HttpResponse> must_send(HttpClient* client, HttpRequest request) {
  auto response = co_await client->send(std::move(request), Deadline::after(std::chrono::seconds(5)));
  co_return must(std::move(response));
}

/// A connection that is read and written as text. Everything ends 5 s after it was made.
class RawPeer {
 public:
  explicit RawPeer(std::unique_ptr<ByteStream> stream) : stream_(std::move(stream)) {
    stream_->socket().expires_at(Deadline::after(std::chrono::seconds(5)));
  }

  static Task<std::shared_ptr<RawPeer>> connect(Executor executor, Endpoint endpoint) {
    auto deadline = Deadline::after(std::chrono::seconds(5));
    auto stream =
        co_await dial(executor, std::move(endpoint), nullptr, std::make_shared<Interrupt>(), deadline);
    co_return std::make_shared<RawPeer>(must(std::move(stream)));
  }

  Task<> write(std::string text) {
    auto written = co_await stream_->write(text, {});
    must(std::move(written));
  }
  /// What came up to and including `marker`, or until the end of the stream.
  Task<std::string> read_until(std::string marker) {
    for (;;) {
      auto at = text_.find(marker);
      if (at != std::string::npos && !marker.empty()) {
        auto rest = text_.substr(at + marker.size());
        text_.resize(at + marker.size());
        co_return std::exchange(text_, rest);
      }
      auto more = co_await read_some();
      if (!more) co_return std::exchange(text_, {});
    }
  }
  /// Everything until the peer closes. A connection that is reset counts as closed.
  Task<std::string> read_all() {
    auto all = co_await read_until({});
    co_return all;
  }
  void shutdown_send() { stream_->shutdown_send(); }
  ByteStream& stream() { return *stream_; }

 private:
  Task<bool> read_some() {
    char buffer[4096];
    auto count = co_await stream_->read(buffer, sizeof buffer);
    if (!count && count.error().code != Errc::Unavailable) throw std::runtime_error(count.error().what);
    if (count) text_.append(buffer, *count);
    co_return count && *count > 0;
  }

  std::unique_ptr<ByteStream> stream_;
  std::string text_;
};

/// A TCP server on 127.0.0.1 whose connections are handled, one after the other, by a coroutine of the
/// test's. A connection is closed when its coroutine ends.
class RawServer {
 public:
  /// `number` counts connections from 1.
  using Script = std::function<Task<>(std::shared_ptr<RawPeer> peer, int number)>;

  RawServer(Executor executor, Script script)
      : listener_(must(Listener::open_tcp(executor, {"127.0.0.1", 0}))), accepted_(std::make_shared<int>(0)) {
    spawn(executor, accept_all(listener_, std::move(script), accepted_), "raw server");
  }
  ~RawServer() { listener_->close(); }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  Endpoint endpoint() const { return {Endpoint::Kind::Tcp, "127.0.0.1", listener_->port()}; }
  int accepted() const { return *accepted_; }

 private:
  static Task<> accept_all(std::shared_ptr<Listener> listener, Script script, std::shared_ptr<int> accepted) {
    for (;;) {
      auto ready = co_await listener->wait();
      if (!ready) co_return;
      auto socket = listener->accept();
      if (!socket || !*socket) continue;
      auto peer = std::make_shared<RawPeer>(std::make_unique<PlainStream>(std::move(**socket)));
      co_await script(std::move(peer), ++*accepted);
    }
  }

  std::shared_ptr<Listener> listener_;
  std::shared_ptr<int> accepted_;
};

}  // namespace dfp::net::testing
