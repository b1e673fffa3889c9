#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "api/testing/api_rig.hpp"

namespace dfp::api {
namespace {
namespace json = boost::json;
using namespace std::chrono_literals;
using testing::message_of;
using testing::object_of;
using testing::Rig;
using testing::with_api;

TEST(Register, ThenDeregister) {
  with_api([](Rig& rig) -> Task<> {
    auto added = co_await rig.get("register?serviceName=a&address=10.0.0.7&port=9000&tags=x,b");
    EXPECT_EQ(added.status, 200);
    EXPECT_EQ(
        json::serialize(object_of(added).at("Instance")),
        R"({"Node":"10.0.0.7","ID":"a:10.0.0.7:9000","Address":"10.0.0.7","Port":9000,"Tags":["b","x"],)"
        R"("Health":"passing","Weight":1})");
    auto instances = co_await rig.registry.instances("a", Deadline::after(1s));
    EXPECT_EQ(instances->size(), 1U);
    auto gone = co_await rig.get("deregister?serviceName=a&address=10.0.0.7&port=9000");
    EXPECT_EQ(gone.status, 200);
    auto again = co_await rig.get("deregister?serviceName=a&address=10.0.0.7&port=9000");
    EXPECT_EQ(again.status, 404);
    instances = co_await rig.registry.instances("a", Deadline::after(1s));
    EXPECT_TRUE(instances->empty());
  });
}

/// The request of a client that has closed its connection.
/// @param noticed the server has seen that; else it sees it where it looks, after the first 100 ms
Task<net::HttpResponse> ask_for_nobody(Rig& rig, std::string path, bool noticed) {
  std::stop_source gone;
  net::HttpRequest request("POST", "/v1/docker-flow-proxy/" + path);
  request.peer = "127.0.0.1:54321";
  request.left = gone.get_token();
  request.has_left = [] { return true; };
  if (noticed) gone.request_stop();
  auto response = co_await rig.api.handle(std::move(request));
  co_return response;
}

TEST(Register, IsNotCarriedOutForAClientThatHasLeft) {
  with_api([](Rig& rig) -> Task<> {
    auto added = co_await ask_for_nobody(rig, "register?serviceName=a&address=10.0.0.7&port=9000", true);
    EXPECT_TRUE(message_of(added).contains("nothing was changed")) << added.status << added.body;
    auto instances = co_await rig.registry.instances("a", Deadline::after(1s));
    EXPECT_TRUE(instances->empty());
  });
}

TEST(Deregister, IsNotCarriedOutForAClientThatHasLeft) {
  with_api([](Rig& rig) -> Task<> {
    rig.put_instance("a", "1");
    for (bool noticed : {true, false}) {
      rig.registry.delay_calls(noticed ? 0ms : 150ms);
      auto removed = co_await ask_for_nobody(rig, "deregister?serviceName=a&id=1", noticed);
      EXPECT_TRUE(message_of(removed).contains("nothing was changed")) << removed.status << removed.body;
      auto instances = co_await rig.registry.instances("a", Deadline::after(1s));
      EXPECT_EQ(instances->size(), 1U) << "noticed: " << noticed;
    }
  });
}

TEST(Register, RefusesBadInputByName) {
  with_api([](Rig& rig) -> Task<> {
    struct Case {
      std::string query, want;
    };
    for (const Case& c :
         {Case{"", "The following queries are mandatory: serviceName, address, port"},
          Case{"serviceName=a&address=10.0.0.1", "The following queries are mandatory"},
          Case{"serviceName=a/b&address=10.0.0.1&port=80", "serviceName: "},
          Case{"serviceName=a&address=10.0.0.1%0a&port=80", "address: "},
          Case{"serviceName=a&address=a b&port=80", "address: "},
          Case{"serviceName=a&address=*.b.com&port=80", "address: "},
          Case{"serviceName=a&address=10.0.0.1&port=0", "port: "},
          Case{"serviceName=a&address=10.0.0.1&port=80&tags=a,,b", "tags: "},
          Case{"serviceName=a&address=10.0.0.1&prt=80", "unknown parameter \"prt\"; did you mean port?"}}) {
      auto target = c.query;
      if (auto at = target.find(' '); at != std::string::npos) target.replace(at, 1, "%20");
      auto response = co_await rig.get("register?" + target);
      EXPECT_EQ(response.status, 400) << c.query;
      EXPECT_TRUE(message_of(response).starts_with(c.want)) << c.query << ": " << message_of(response);
    }
    auto names = co_await rig.registry.services(Deadline::after(1s));
    EXPECT_TRUE(names->empty());
  });
}

TEST(Deregister, AsksForTheNodeWhereSeveralFit) {
  with_api([](Rig& rig) -> Task<> {
    rig.put_instance("a", "1", 8080, "n1");
    rig.put_instance("a", "1", 8080, "n2");
    auto several = co_await rig.get("deregister?serviceName=a&id=1");
    EXPECT_EQ(several.status, 409);
    EXPECT_TRUE(message_of(several).contains("1 on n1, 1 on n2")) << several.body;
    auto one = co_await rig.get("deregister?serviceName=a&id=1&node=n2");
    EXPECT_EQ(one.status, 200);
    auto unclear = co_await rig.get("deregister?serviceName=a&address=10.0.0.1");
    EXPECT_EQ(unclear.status, 400);
  });
}

TEST(Register, IsAConflictWhereTheRegistryIsNotWrittenThroughTheProxy) {
  dfp::testing::run([](Executor executor) -> Task<> {
    Rig rig(executor);
    auto started = co_await rig.reconciler.start();
    EXPECT_TRUE(started);
    Api without({rig.reconciler, rig.registry, nullptr});
    for (std::string name : {"register", "deregister"}) {
      auto response = co_await without.handle({"GET", "/v1/docker-flow-proxy/" + name + "?serviceName=a"});
      EXPECT_EQ(response.status, 409);
    }
    co_await rig.reconciler.stop();
  });
}

}  // namespace
}  // namespace dfp::api
