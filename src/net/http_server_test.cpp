#include "net/http_server.hpp"

#include <gtest/gtest.h>

#include "base/testing.hpp"
#include "base/wait.hpp"
#include "net/testing/raw_peer.hpp"

namespace dfp::net {
namespace {
using namespace std::chrono_literals;
using testing::must;
using testing::RawPeer;

/// Answers with what it got: "METHOD target|body".
Task<HttpResponse> echo(HttpRequest request) {
  if (request.target == "/throw") throw std::runtime_error("a bug");
  if (request.target == "/split") co_return HttpResponse(200, "", {{"X", "a\r\nSet-Cookie: b"}});
  if (request.target == "/empty") co_return HttpResponse(204);
  co_return HttpResponse(200, request.method + " " + request.target + "|" + request.body);
}

HttpServerLimits small_limits() {
  HttpServerLimits limits;
  limits.max_head_bytes = 1024;
  limits.max_body_bytes = 100;
  return limits;
}

Endpoint at(const HttpServer& server) { return {Endpoint::Kind::Tcp, "127.0.0.1", server.port()}; }

/// Sends `bytes` to an echo server and gives everything it answers until it closes (the client closes its
/// side first when `half_close` is set).
std::string talk(std::string bytes, bool half_close = true, HttpServerLimits limits = small_limits()) {
  return dfp::testing::run([=](Executor executor) -> Task<std::string> {
    HttpServer server(executor, echo, limits);
    must(server.listen({"127.0.0.1", 0}));
    auto peer = co_await RawPeer::connect(executor, at(server));
    co_await peer->write(bytes);
    if (half_close) peer->shutdown_send();
    auto answer = co_await peer->read_all();
    co_return answer;
  });
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
int count(const std::string& text, std::string_view part) {
  int n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST(HttpServer, AnswersWithLengthAndDate) {
  auto answer = talk("GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\nDate: ")) << answer;
  EXPECT_TRUE(contains(answer, " GMT\r\nContent-Length: 9\r\n\r\nGET /a?b|")) << answer;
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  auto answer = talk(
      "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"
      "\r\nPOST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3;x=y\r\ncde\r\n1\r\nf\r\n0\r\nHost: trailer\r\n\r\n"
      "GET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
  auto one = answer.find("POST /1|ab"), two = answer.find("POST /2|cdef"), three = answer.find("GET /3|");
  EXPECT_TRUE(one < two && two < three && three != std::string::npos) << answer;
}

TEST(HttpServer, ClosesWhenAsked) {
  auto answer = talk(
      "GET /1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n", false);
  EXPECT_TRUE(contains(answer, "Connection: close\r\n") && contains(answer, "GET /1|")) << answer;
  EXPECT_FALSE(contains(answer, "GET /2|")) << answer;
}

TEST(HttpServer, Http10ClosesUnlessKeepAliveIsAsked) {
  EXPECT_EQ(count(talk("GET /1 HTTP/1.0\r\n\r\nGET /2 HTTP/1.0\r\n\r\n", false), "200 OK"), 1);
  auto kept = talk("GET /1 HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n", false);
  EXPECT_EQ(count(kept, "200 OK"), 2) << kept;
  EXPECT_TRUE(contains(kept, "Connection: keep-alive\r\n")) << kept;
}

TEST(HttpServer, HeadHasTheLengthButNotTheBody) {
  auto answer = talk("HEAD /abc HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(answer.ends_with("Content-Length: 10\r\n\r\n")) << answer;
}

TEST(HttpServer, NoContentHasNoLength) {
  EXPECT_FALSE(contains(talk("GET /empty HTTP/1.1\r\nHost: x\r\n\r\n"), "Content-Length"));
}

TEST(HttpServer, ReducesAnAbsoluteTargetToItsOriginForm) {
  EXPECT_TRUE(contains(talk("GET http://x:1/a?b HTTP/1.1\r\nHost: x\r\n\r\n"), "GET /a?b|"));
  EXPECT_TRUE(contains(talk("GET HTTP://x HTTP/1.1\r\nHost: x\r\n\r\n"), "GET /|"));
}

TEST(HttpServer, AnswersAnExceptionWith500AndGoesOn) {
  auto answer = talk("GET /throw HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 ")) << answer;
  EXPECT_TRUE(contains(answer, "GET /2|")) << answer;
  EXPECT_FALSE(contains(answer, "a bug")) << "internals must not leak";
}

TEST(HttpServer, ALineEndInAHeaderCannotAddAnotherHeader) {
  auto answer = talk("GET /split HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 ")) << answer;
  EXPECT_FALSE(contains(answer, "Set-Cookie")) << answer;
}

TEST(HttpServer, AsksForTheBodyWhenTheClientWaits) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpServer server(executor, echo);
    must(server.listen({"127.0.0.1", 0}));
    auto peer = co_await RawPeer::connect(executor, at(server));
    co_await peer->write("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    auto interim = co_await peer->read_until("\r\n\r\n");
    EXPECT_EQ(interim, "HTTP/1.1 100 Continue\r\n\r\n");
    co_await peer->write("ok");
    auto answer = co_await peer->read_until("PUT /|ok");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  });
}

struct BadRequestCase {
  const char* name;
  std::string bytes;
  int status;
};
void PrintTo(const BadRequestCase& c, std::ostream* os) { *os << c.name; }
class BadRequest : public ::testing::TestWithParam<BadRequestCase> {};

TEST_P(BadRequest, IsAnsweredAndClosed) {
  // A good request behind the bad one: it must not be looked at.
  auto answer = talk(GetParam().bytes + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n", false);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::to_string(GetParam().status) + " ")) << answer;
  EXPECT_TRUE(contains(answer, "Connection: close\r\n")) << answer;
  EXPECT_EQ(count(answer, "HTTP/1.1 "), 1) << answer;
}

const std::string kGet = "GET / HTTP/1.1\r\nHost: x\r\n";
const std::string kPost = "POST / HTTP/1.1\r\nHost: x\r\n";
INSTANTIATE_TEST_SUITE_P(
    Table, BadRequest,
    ::testing::Values(
        BadRequestCase{"NotHttp", "\x16\x03\x01 hello\r\n\r\n", 400},
        BadRequestCase{"NoVersion", "GET /\r\n\r\n", 400},
        BadRequestCase{"SpaceInTarget", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        BadRequestCase{"Http2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
        BadRequestCase{"NoHost", "GET / HTTP/1.1\r\n\r\n", 400},
        BadRequestCase{"TwoHosts", kGet + "Host: y\r\n\r\n", 400},
        BadRequestCase{"SpaceBeforeColon", kGet + "X : y\r\n\r\n", 400},
        BadRequestCase{"NulInValue", kGet + std::string("X: a\0b\r\n\r\n", 10), 400},
        BadRequestCase{"BareCarriageReturn", kGet + "X: a\rb\r\n\r\n", 400},
        BadRequestCase{"LengthAndChunked",
                       kPost + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        BadRequestCase{"ChunkedAndLength",
                       kPost + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
        BadRequestCase{"TwoLengths", kPost + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
        BadRequestCase{"NegativeLength", kPost + "Content-Length: -1\r\n\r\n", 400},
        BadRequestCase{"SignedLength", kPost + "Content-Length: +1\r\n\r\n", 400},
        BadRequestCase{"UnknownCoding", kPost + "Transfer-Encoding: gzip\r\n\r\n", 400},
        BadRequestCase{"ObfuscatedCoding", kPost + "Transfer-Encoding: chunked, identity\r\n\r\n", 400},
        BadRequestCase{"ChunkedTwice",
                       kPost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        BadRequestCase{"CodingInHttp10", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                       400},
        BadRequestCase{"BadChunkSize", kPost + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
        BadRequestCase{"ChunkSizeOverflow", kPost + "Transfer-Encoding: chunked\r\n\r\n11111111111111111\r\n",
                       400},
        BadRequestCase{"LongTarget", "GET /" + std::string(2000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", 431},
        BadRequestCase{"LongHeader", kGet + "X: " + std::string(2000, 'a') + "\r\n\r\n", 431},
        BadRequestCase{"EndlessHeader", kGet + "X: " + std::string(9000, 'a'), 431},
        BadRequestCase{"EndlessChunkExtension",
                       kPost + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(5000, 'a'), 431},
        BadRequestCase{"LongBody", kPost + "Content-Length: 101\r\n\r\n", 413},
        BadRequestCase{"HugeLength", kPost + "Content-Length: 18446744073709551615\r\n\r\n", 413},
        BadRequestCase{
            "LongChunks",
            kPost + "Transfer-Encoding: chunked\r\n\r\n40\r\n" + std::string(64, 'a') + "\r\n40\r\n", 413},
        BadRequestCase{"UnknownExpectation", kPost + "Content-Length: 1\r\nExpect: tea\r\n\r\n", 417}),
    [](const auto& test) { return test.param.name; });

TEST(HttpServer, ALongHeadInManyPiecesIsRefusedToo) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpServer server(executor, echo, small_limits());
    must(server.listen({"127.0.0.1", 0}));
    auto peer = co_await RawPeer::connect(executor, at(server));
    co_await peer->write("GET / HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < 20; ++i) {
      co_await peer->write("X-Header: " + std::string(90, 'a') + "\r\n");
      co_await sleep_for(1ms);
    }
    auto answer = co_await peer->read_all();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 431 ")) << answer;
  });
}

TEST(HttpServer, ARefusalReachesAClientThatIsStillSending) {
  auto answer =
      talk("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n" + std::string(3000000, 'a'), true);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << answer;
}

TEST(HttpServer, ARequestThatTricklesInIsCutOff) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpServerLimits limits;
    limits.receive = 50ms;
    HttpServer server(executor, echo, limits);
    must(server.listen({"127.0.0.1", 0}));
    auto peer = co_await RawPeer::connect(executor, at(server));
    auto begin = Clock::now();
    co_await peer->write("GET / HTTP/1.1\r\nHost: ");
    for (int i = 0; i < 8; ++i) {
      co_await sleep_for(10ms);
      co_await peer->write("a");
    }
    auto answer = co_await peer->read_until("\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 ")) << answer;
    EXPECT_LT(Clock::now() - begin, 2s);
  });
}

TEST(HttpServer, AnIdleConnectionIsClosedInSilence) {
  HttpServerLimits limits;
  limits.idle = 30ms;
  EXPECT_EQ(talk("", false, limits), "");
  EXPECT_EQ(count(talk("GET / HTTP/1.1\r\nHost: x\r\n\r\n", false, limits), "HTTP/1.1"), 1);
}

TEST(HttpServer, AClientThatDoesNotTakeItsAnswerIsDropped) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpServerLimits limits;
    limits.send = 50ms;
    auto handler = [](HttpRequest) -> Task<HttpResponse> {
      co_return HttpResponse(200, std::string(50'000'000, 'a'));
    };
    HttpServer server(executor, handler, limits);
    must(server.listen({"127.0.0.1", 0}));
    auto peer = co_await RawPeer::connect(executor, at(server));
    co_await peer->write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    co_await sleep_for(150ms);
    auto answer = co_await peer->read_all();
    EXPECT_LT(answer.size(), 50'000'000U);
  });
}

}  // namespace
}  // namespace dfp::net
