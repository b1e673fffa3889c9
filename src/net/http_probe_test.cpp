#include "net/http_probe.hpp"

#include <gtest/gtest.h>

#include "base/testing.hpp"
#include "net/testing/raw_peer.hpp"

namespace dfp::net {
namespace {
using namespace std::chrono_literals;
using testing::RawPeer;
using testing::RawServer;

/// Asks a server that answers these bytes and then waits for us to go.
Result<int> probe(std::string answer, HttpRequest request = {}, std::string* heard = nullptr) {
  return dfp::testing::run([=](Executor executor) -> Task<Result<int>> {
    auto script = [answer, heard](std::shared_ptr<RawPeer> peer, int) -> Task<> {
      auto head = co_await peer->read_until("\r\n\r\n");
      if (heard) *heard = head;
      co_await peer->write(answer);
      if (!answer.empty()) co_await peer->read_until("never");
    };
    RawServer server(executor, script);
    auto interrupt = std::make_shared<Interrupt>();
    auto status = co_await probe_status(executor, server.endpoint(), request, interrupt, Deadline::after(5s));
    co_return status;
  });
}

TEST(HttpProbe, IsContentWithTheHead) {
  EXPECT_EQ(probe("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n").value(), 200);
  EXPECT_EQ(probe("HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n").value(), 500);
  EXPECT_EQ(probe("HTTP/1.0 204 No Content\r\n\r\n").value(), 204);
}

TEST(HttpProbe, PassesOverInterimAnswers) {
  EXPECT_EQ(
      probe("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").value(),
      404);
}

TEST(HttpProbe, SendsTheRequestAsItIsAsked) {
  std::string heard;
  HttpRequest request("HEAD", "/health?full=1", "", {{"Host", "acme.com"}});
  EXPECT_EQ(probe("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", request, &heard).value(), 200);
  EXPECT_TRUE(heard.starts_with("HEAD /health?full=1 HTTP/1.1\r\n")) << heard;
  EXPECT_NE(heard.find("Host: acme.com\r\n"), std::string::npos) << heard;
  EXPECT_NE(heard.find("Connection: close\r\n"), std::string::npos) << heard;
}

TEST(HttpProbe, SaysWhyThereIsNoStatus) {
  EXPECT_EQ(probe("").error().what, "the connection was closed without an answer");
  EXPECT_EQ(probe("SSH-2.0-OpenSSH\r\n\r\n").error().code, Errc::Rejected);
  EXPECT_EQ(probe("HTTP/1.1 200 OK\r\n\r\n", HttpRequest("GE T", "/")).error().code, Errc::InvalidArgument);
}

TEST(HttpProbe, EndsAtItsDeadlineAndWhenInterrupted) {
  dfp::testing::run([](Executor executor) -> Task<> {
    auto script = [](std::shared_ptr<RawPeer> peer, int) -> Task<> { co_await peer->read_until("never"); };
    RawServer server(executor, script);
    auto interrupt = std::make_shared<Interrupt>();
    auto late = co_await probe_status(executor, server.endpoint(), {}, interrupt, Deadline::after(50ms));
    EXPECT_EQ(late.error().code, Errc::Timeout);
    interrupt->fire();
    auto cut = co_await probe_status(executor, server.endpoint(), {}, interrupt, Deadline::after(5s));
    EXPECT_EQ(cut.error().code, Errc::Cancelled);
  });
}

}  // namespace
}  // namespace dfp::net
