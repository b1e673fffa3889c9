#include "net/http_client.hpp"

#include <gtest/gtest.h>

#include "base/testing.hpp"
#include "net/testing/http_imposter.hpp"

namespace dfp::net {
namespace {
using namespace std::chrono_literals;
using testing::HttpImposter;

Deadline soon() { return Deadline::after(5s); }

TEST(HttpClient, SendsAndReadsTheWholeAnswer) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("POST", "/a", HttpResponse(201, "made", {{"X-Index", "7"}}));
    HttpClient client(executor, server.endpoint());
    auto response = co_await client.send(HttpRequest("POST", "/a?q=1", "body", {{"X-Token", "t"}}), soon());
    EXPECT_TRUE(response) << response.error().what;
    if (!response) co_return;
    EXPECT_EQ(response->status, 201);
    EXPECT_EQ(response->body, "made");
    EXPECT_EQ(response->headers.find("x-index"), "7");
    const auto& request = server.requests().at(0);
    EXPECT_EQ(request.target, "/a?q=1");
    EXPECT_EQ(request.body, "body");
    EXPECT_EQ(request.headers.find("X-Token"), "t");
    EXPECT_EQ(request.headers.find("Host"), server.endpoint().url().substr(7));
  });
}

TEST(HttpClient, NamesTheRequestWhenNobodyListens) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    auto endpoint = server.endpoint();
    server.stop();
    HttpClient client(executor, endpoint);
    auto response = co_await client.send(HttpRequest("GET", "/x?token=secret"), soon());
    EXPECT_EQ(response.error().code, Errc::Unavailable);
    EXPECT_TRUE(response.error().what.starts_with("GET " + endpoint.url() + "/x: connect 127.0.0.1:"))
        << response.error().what;
  });
}

}  // namespace
}  // namespace dfp::net
