#include "net/testing/http_imposter.hpp"

#include <gtest/gtest.h>

#include "base/testing.hpp"
#include "net/testing/raw_peer.hpp"

namespace dfp::net::testing {
namespace {
using namespace std::chrono_literals;

Task<std::string> body_of(HttpClient* client, std::string method, std::string target) {
  auto response = co_await must_send(client, HttpRequest(std::move(method), std::move(target)));
  co_return response.body;
}

TEST(HttpImposter, TheNewestMatchingRuleAnswers) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("*", "/*", HttpResponse(200, "any"));
    server.on("GET", "/a", HttpResponse(200, "path"));
    server.on("GET", "/a?x=1", HttpResponse(200, "target"));
    HttpClient client(executor, server.endpoint());
    auto by_target = co_await body_of(&client, "GET", "/a?x=1");
    auto by_path = co_await body_of(&client, "GET", "/a?x=2");
    auto by_prefix = co_await body_of(&client, "PUT", "/a");
    EXPECT_EQ(by_target + by_path + by_prefix, "targetpathany");
    EXPECT_EQ(server.count("GET", "/a"), 2U);
  });
}

TEST(HttpImposter, RulesForTheNextRequestsComeFirstAndAreUsedUp) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", "/", HttpResponse(200, "always"));
    server.on_next("GET", "/", HttpResponse(200, "once "));
    server.on_next("GET", "/", HttpResponse(200, "twice "), 2);
    HttpClient client(executor, server.endpoint());
    std::string all;
    for (int i = 0; i < 4; ++i) {
      auto body = co_await body_of(&client, "GET", "/");
      all += body;
    }
    EXPECT_EQ(all, "once twice twice always");
  });
}

TEST(HttpImposter, NamesARequestWithoutARule) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    HttpClient client(executor, server.endpoint());
    auto body = co_await body_of(&client, "GET", "/forgotten?x");
    EXPECT_EQ(body, "no rule for GET /forgotten?x");
    EXPECT_EQ(server.requests().at(0).target, "/forgotten?x");
  });
}

TEST(HttpImposter, GoesAwayAndComesBackOnItsPort) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpImposter server(executor);
    server.on("GET", "/", HttpResponse(200, "here"));
    HttpClient client(executor, server.endpoint());
    server.stop();
    auto away = co_await client.send(HttpRequest(), Deadline::after(5s));
    EXPECT_EQ(away.error().code, Errc::Unavailable);
    server.start_again();
    auto body = co_await body_of(&client, "GET", "/");
    EXPECT_EQ(body, "here");
    auto came = co_await server.wait_for_requests(1, Deadline::after(5s));
    auto more = co_await server.wait_for_requests(2, Deadline::after(1ms));
    EXPECT_TRUE(came && !more);
  });
}

}  // namespace
}  // namespace dfp::net::testing
