#include "net/http_client.hpp"

#include <gtest/gtest.h>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "base/testing.hpp"
#include "net/testing/http_imposter.hpp"
#include "net/testing/raw_peer.hpp"

namespace dfp::net {
namespace {
using namespace std::chrono_literals;
using testing::HttpImposter;
using testing::must;
using testing::must_send;
using testing::RawPeer;
using testing::RawServer;

Deadline soon() { return Deadline::after(5s); }

/// Sends one request to a server that answers these bytes and closes.
Result<HttpResponse> ask(std::string answer, HttpRequest request = {}) {
  return dfp::testing::run([=](Executor executor) -> Task<Result<HttpResponse>> {
    auto script = [answer](std::shared_ptr<RawPeer> peer, int) -> Task<> {
      co_await peer->read_until("\r\n\r\n");
      co_await peer->write(answer);
    };
    RawServer server(executor, script);
    HttpClient client(executor, server.endpoint());
    auto response = co_await client.send(request, soon());
    co_return response;
  });
}

TEST(HttpClient, SendsAndReadsTheWholeAnswer) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("POST", "/a", HttpResponse(201, "made", {{"X-Index", "7"}}));
    HttpClient client(executor, server.endpoint());
    HttpRequest asked("POST", "/a?q=1", "body", {{"X-Token", "t"}});
    auto response = co_await must_send(&client, std::move(asked));
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.body, "made");
    EXPECT_EQ(response.headers.find("x-index"), "7");
    const auto& request = server.requests().at(0);
    EXPECT_EQ(request.target, "/a?q=1");
    EXPECT_EQ(request.body, "body");
    EXPECT_EQ(request.headers.find("X-Token"), "t");
    EXPECT_EQ(request.headers.find("Host"), server.endpoint().url().substr(7));
  });
}

TEST(HttpClient, ResolvesANameAndTriesItsAddresses) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", "/", HttpResponse(200, "here"));
    HttpClient client(executor, {Endpoint::Kind::Tcp, "localhost", server.endpoint().port});
    auto response = co_await must_send(&client, HttpRequest());
    EXPECT_EQ(response.body, "here");
  });
}

TEST(HttpClient, KeepsItsConnection) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("*", "/*", HttpResponse(200, "ok"));
    HttpClient client(executor, server.endpoint());
    for (auto method : {"GET", "HEAD", "POST", "DELETE"}) {
      auto response = co_await must_send(&client, HttpRequest(method, "/"));
      EXPECT_EQ(response.status, 200);
    }
    for (const auto& request : server.requests()) EXPECT_EQ(request.peer, server.requests()[0].peer);
  });
}

TEST(HttpClient, NamesTheRequestWithoutItsQueryWhenNobodyListens) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    auto endpoint = server.endpoint();
    server.stop();
    HttpClient client(executor, endpoint);
    auto response = co_await client.send(HttpRequest("GET", "/x?token=secret"), soon());
    EXPECT_EQ(response.error().code, Errc::Unavailable);
    EXPECT_EQ(response.error().what,
              "GET " + endpoint.url() + "/x: connect " + endpoint.url().substr(7) + ": Connection refused");
  });
}

TEST(HttpClient, NoticesThatAKeptConnectionWasClosedBeforeItSends) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("POST", "/", HttpResponse(200));
    HttpClient client(executor, server.endpoint());
    co_await must_send(&client, HttpRequest("POST", "/"));
    server.stop();
    server.start_again();
    co_await must_send(&client, HttpRequest("POST", "/"));
    EXPECT_EQ(server.requests().size(), 2U);
  });
}

/// Answers the first request of the first connection and closes it at the second without a word; answers
/// everything on later connections, if `recovers`.
RawServer::Script closes_at_the_second_request(bool recovers) {
  return [recovers](std::shared_ptr<RawPeer> peer, int number) -> Task<> {
    for (bool first = number == 1 || recovers;; first = number > 1 && recovers) {
      auto request = co_await peer->read_until("\r\n\r\n");
      if (request.empty() || !first) co_return;
      co_await peer->write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(number));
    }
  };
}

TEST(HttpClient, RepeatsOnceOnAStaleConnection) {
  dfp::testing::run([](Executor executor) -> Task<> {
    RawServer server(executor, closes_at_the_second_request(true));
    HttpClient client(executor, server.endpoint());
    auto first = co_await must_send(&client, HttpRequest("GET", "/"));
    auto second = co_await must_send(&client, HttpRequest("PUT", "/"));
    EXPECT_EQ(first.body + second.body, "12");
  });
}

TEST(HttpClient, RepeatsNotTwice) {
  dfp::testing::run([](Executor executor) -> Task<> {
    RawServer server(executor, closes_at_the_second_request(false));
    HttpClient client(executor, server.endpoint());
    co_await must_send(&client, HttpRequest("GET", "/"));
    auto second = co_await client.send(HttpRequest("GET", "/"), soon());
    EXPECT_EQ(second.error().code, Errc::Unavailable);
    EXPECT_EQ(server.accepted(), 2);
  });
}

TEST(HttpClient, DoesNotRepeatAPostThatMayHaveBeenExecuted) {
  dfp::testing::run([](Executor executor) -> Task<> {
    RawServer server(executor, closes_at_the_second_request(true));
    HttpClient client(executor, server.endpoint());
    co_await must_send(&client, HttpRequest("POST", "/"));
    auto second = co_await client.send(HttpRequest("POST", "/"), soon());
    EXPECT_EQ(second.error().code, Errc::OutcomeUnknown);
    EXPECT_EQ(server.accepted(), 1);
  });
}

/// Answers the first request of a connection, then never again.
Task<> falls_silent(std::shared_ptr<RawPeer> peer, int) {
  co_await peer->read_until("\r\n\r\n");
  co_await peer->write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  co_await peer->read_all();
}

TEST(HttpClient, DoesNotRepeatAfterATimeout) {
  dfp::testing::run([](Executor executor) -> Task<> {
    RawServer server(executor, falls_silent);
    HttpClient client(executor, server.endpoint());
    co_await must_send(&client, HttpRequest());
    auto begin = Clock::now();
    auto second = co_await client.send(HttpRequest(), Deadline::after(50ms));
    EXPECT_EQ(second.error().code, Errc::Timeout);
    EXPECT_GE(Clock::now() - begin, 50ms);
    EXPECT_LT(Clock::now() - begin, 2s);
    EXPECT_EQ(server.accepted(), 1);
  });
}

TEST(HttpClient, ADeadlineThatHasPassedSendsNothing) {
  dfp::testing::run([](Executor executor) -> Task<> {
    RawServer server(executor, falls_silent);
    HttpClient client(executor, server.endpoint());
    auto response = co_await client.send(HttpRequest(), Deadline::after(-1s));
    EXPECT_EQ(response.error().code, Errc::Timeout);
  });
}

Task<> cancel_soon(HttpClient* client) {
  co_await sleep_for(20ms);
  client->cancel();
}

TEST(HttpClient, CancelEndsARequestInFlightWithoutARepetition) {
  dfp::testing::run([](Executor executor) -> Task<> {
    RawServer server(executor, falls_silent);
    HttpClient client(executor, server.endpoint());
    co_await must_send(&client, HttpRequest());
    spawn(executor, cancel_soon(&client), "cancel");
    auto second = co_await client.send(HttpRequest(), soon());
    EXPECT_EQ(second.error().code, Errc::Cancelled);
    EXPECT_EQ(server.accepted(), 1);
    auto third = co_await client.send(HttpRequest(), soon());
    EXPECT_TRUE(third) << "the client can be used again: " << third.error().what;
  });
}

TEST(HttpClient, EndsWhenItsCoroutineIsCancelled) {
  dfp::testing::run([](Executor executor) -> Task<> {
    using namespace boost::asio::experimental::awaitable_operators;
    RawServer server(executor, falls_silent);
    HttpClient client(executor, server.endpoint());
    co_await must_send(&client, HttpRequest());
    auto both = client.send(HttpRequest(), soon()) || sleep_for(20ms);
    auto first = co_await std::move(both);
    EXPECT_EQ(first.index(), 1U);
    EXPECT_EQ(server.accepted(), 1);
  });
}

TEST(HttpClient, ReadsEveryKindOfBody) {
  auto chunked =
      ask("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(must(chunked).body, "abcde");
  EXPECT_EQ(must(ask("HTTP/1.1 200 OK\r\n\r\nuntil the end")).body, "until the end");
  EXPECT_EQ(must(ask("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nokMORE")).body, "ok");
  EXPECT_EQ(must(ask("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n")).body, "");
  EXPECT_EQ(must(ask("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", HttpRequest("HEAD", "/"))).body, "");
}

TEST(HttpClient, SkipsInterimAnswers) {
  auto response =
      must(ask("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"
               "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "ok");
  EXPECT_FALSE(response.headers.find("X"));
}

TEST(HttpClient, RejectsWhatIsNotHttp) {
  for (std::string answer : {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 20x OK\r\n\r\n", "HTTP/2 200\r\n\r\n",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
                             "HTTP/1.1 200 OK\r\nContent-Length: 300000000\r\n\r\n"}) {
    auto response = ask(answer);
    ASSERT_FALSE(response) << answer;
    EXPECT_EQ(response.error().code, Errc::Rejected) << response.error().what;
  }
  EXPECT_EQ(ask("HTTP/1.1 200 OK\r\nX: " + std::string(300'000, 'a')).error().code, Errc::Rejected);
}

TEST(HttpClient, ACutAnswerIsUnavailable) {
  for (std::string answer :
       {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab"}) {
    auto response = ask(answer);
    ASSERT_FALSE(response) << answer;
    EXPECT_EQ(response.error().code, Errc::Unavailable) << response.error().what;
  }
}

TEST(HttpClient, TakesAnAnswerThatComesBeforeTheRequestIsSent) {
  auto response = ask("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
                      HttpRequest("PUT", "/", std::string(20'000'000, 'a')));
  // The server closes with unread data, so the kernel may drop its answer: then the broken connection is
  // reported.
  EXPECT_TRUE(response ? response->status == 413 : response.error().code == Errc::Unavailable);
}

TEST(HttpClient, RefusesARequestThatWouldBreakTheMessage) {
  for (auto request : {HttpRequest("GET", "/a b"), HttpRequest("GET", "/\r\nX: y"), HttpRequest("GE T", "/"),
                       HttpRequest("GET", ""), HttpRequest("GET", "/", "", {{"X", "a\r\nY: b"}}),
                       HttpRequest("GET", "/", "", {{"X:", "a"}})}) {
    auto response = ask("", request);
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::InvalidArgument) << response.error().what;
  }
}

}  // namespace
}  // namespace dfp::net
