// Streamed answers: the client's stream() against the server's BodyWriter.
#include <gtest/gtest.h>

#include "base/testing.hpp"
#include "net/http_client.hpp"
#include "net/testing/http_imposter.hpp"
#include "net/testing/raw_peer.hpp"

namespace dfp::net {
namespace {
using namespace std::chrono_literals;
using testing::HttpImposter;
using testing::must;
using testing::must_send;
using testing::RawPeer;

Deadline soon() { return Deadline::after(5s); }

HttpResponse streamed(std::function<Task<>(std::shared_ptr<BodyWriter>)> stream) {
  HttpResponse response(200, "", {{"Content-Type", "text/event-stream"}});
  response.stream = std::move(stream);
  return response;
}

Task<> three_pieces(std::shared_ptr<BodyWriter> out) {
  for (auto piece : {"one", "", "two", "three"}) {
    auto taken = co_await out->write(piece);
    EXPECT_TRUE(taken);
    co_await sleep_for(2ms);
  }
}

/// Writes one piece, then waits for its client to leave.
struct Endless {
  explicit Endless(Executor executor) : ended(executor) {}
  Task<> write(std::shared_ptr<BodyWriter> out) {
    co_await out->write("first");
    for (bool taken = true; taken;) {
      co_await sleep_for(20ms);
      taken = co_await out->write("more");
    }
    has_ended = true;
    ended.notify_all();
  }
  Signal ended;
  bool has_ended = false;
};

/// What a client saw of a stream.
struct Seen {
  int status = 0;
  std::vector<std::string> pieces;
};

Task<Result<>> watch(HttpClient* client, Seen* seen, std::size_t stop_after = 1000,
                     Clock::duration idle = 5s) {
  auto on_head = [seen](const HttpResponse& head) {
    seen->status = head.status;
    return true;
  };
  auto on_data = [seen, stop_after](std::string_view data) {
    seen->pieces.emplace_back(data);
    return seen->pieces.size() < stop_after;
  };
  return client->stream(HttpRequest("GET", "/events"), on_head, on_data, soon(), idle);
}

TEST(HttpStream, PiecesArriveAsTheyAreWritten) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", "/events", streamed(three_pieces));
    HttpClient client(executor, server.endpoint());
    Seen seen;
    auto ended = co_await watch(&client, &seen);
    must(ended);
    EXPECT_EQ(seen.status, 200);
    EXPECT_EQ(seen.pieces, (std::vector<std::string>{"one", "two", "three"}));
    auto whole = co_await must_send(&client, HttpRequest("GET", "/events"));
    EXPECT_EQ(whole.body, "onetwothree");
    EXPECT_EQ(server.requests()[0].peer, server.requests()[1].peer) << "the connection is kept";
    auto head = co_await must_send(&client, HttpRequest("HEAD", "/events"));
    EXPECT_EQ(head.status, 501);
  });
}

TEST(HttpStream, AnHttp10ClientGetsThePlainBody) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("*", "/events", streamed(three_pieces));
    auto peer = co_await RawPeer::connect(executor, server.endpoint());
    co_await peer->write("GET /events HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    auto answer = co_await peer->read_all();
    EXPECT_TRUE(answer.ends_with("Connection: close\r\n\r\nonetwothree")) << answer;
    auto head = co_await RawPeer::connect(executor, server.endpoint());
    co_await head->write("HEAD /events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    answer = co_await head->read_all();
    EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
  });
}

TEST(HttpStream, EndsWhenTheClientStops) {
  dfp::testing::run([](Executor executor) -> Task<> {
    Endless endless(executor);
    HttpImposter server(executor);
    server.on("GET", "/events", streamed([&](auto out) { return endless.write(std::move(out)); }));
    HttpClient client(executor, server.endpoint());
    Seen seen;
    auto stopped = co_await watch(&client, &seen, 2);
    must(stopped);
    EXPECT_EQ(seen.pieces, (std::vector<std::string>{"first", "more"}));
    if (!endless.has_ended) co_await endless.ended.wait(soon());
    EXPECT_TRUE(endless.has_ended);
  });
}

TEST(HttpStream, TheHeadCanStopIt) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", "/events", HttpResponse(404, "no"));
    HttpClient client(executor, server.endpoint());
    int status = 0;
    auto on_head = [&](const HttpResponse& head) {
      status = head.status;
      return false;
    };
    auto on_data = [](std::string_view) -> bool { throw std::logic_error("no data was wanted"); };
    auto stopped = co_await client.stream(HttpRequest("GET", "/events"), on_head, on_data, soon(), 1s);
    must(stopped);
    EXPECT_EQ(status, 404);
  });
}

Task<> one_piece_then_silence(std::shared_ptr<BodyWriter> out) {
  co_await out->write("first");
  co_await sleep_for(3s);
}

TEST(HttpStream, SilenceEndsInATimeout) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", "/events", streamed(one_piece_then_silence));
    HttpClient client(executor, server.endpoint());
    Seen seen;
    auto begin = Clock::now();
    auto ended = co_await watch(&client, &seen, 1000, 50ms);
    EXPECT_EQ(ended.error().code, Errc::Timeout);
    EXPECT_EQ(seen.pieces.size(), 1U);
    EXPECT_LT(Clock::now() - begin, 2s);
  });
}

Task<> cancel_soon(HttpClient* client) {
  co_await sleep_for(20ms);
  client->cancel();
}

TEST(HttpStream, CanBeCancelled) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", "/events", streamed(one_piece_then_silence));
    HttpClient client(executor, server.endpoint());
    Seen seen;
    spawn(executor, cancel_soon(&client), "cancel");
    auto ended = co_await watch(&client, &seen);
    EXPECT_EQ(ended.error().code, Errc::Cancelled);
  });
}

Task<> one_piece_then_a_bug(std::shared_ptr<BodyWriter> out) {
  co_await out->write("first");
  throw std::runtime_error("a bug");
}

TEST(HttpStream, ABrokenStreamDoesNotLookComplete) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", "/events", streamed(one_piece_then_a_bug));
    HttpClient client(executor, server.endpoint());
    Seen seen;
    auto ended = co_await watch(&client, &seen);
    EXPECT_EQ(ended.error().code, Errc::Unavailable) << ended.error().what;
    EXPECT_EQ(seen.pieces, std::vector<std::string>{"first"});
  });
}

}  // namespace
}  // namespace dfp::net
