#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "api/testing/api_rig.hpp"
#include "base/eventually.hpp"

namespace dfp::api {
namespace {
namespace json = boost::json;
using testing::message_of;
using testing::object_of;
using testing::Rig;
using testing::text;
using testing::with_api;

TEST(Services, AMistypedNameIsAnsweredWithTheNearest) {
  with_api([](Rig& rig) -> Task<> {
    auto added = co_await rig.get("reconfigure?serviceName=go-demo&servicePath=/a");
    EXPECT_EQ(added.status, 200);
    auto removed = co_await rig.get("remove?serviceName=go-dmo");
    EXPECT_EQ(message_of(removed), "service go-dmo was not configured; did you mean go-demo?");
    auto listed = co_await rig.get("services?serviceName=go-dmo");
    EXPECT_EQ(listed.status, 404);
    EXPECT_EQ(message_of(listed), "service go-dmo is not configured; did you mean go-demo?");
    auto other = co_await rig.get("services?serviceName=shop");
    EXPECT_EQ(message_of(other), "service shop is not configured");
  });
}

TEST(Services, ShowWhatIsInUseRegisteredAndSetAside) {
  with_api([](Rig& rig) -> Task<> {
    rig.put_instance("a", "1");
    auto added = co_await rig.get("reconfigure?serviceName=a&servicePath=/a");
    EXPECT_EQ(added.status, 200);
    rig.put_instance("a", "2", 8081);
    rig.put_instance("books", "1b");
    rig.registry.set("docker-flow/broken/definition", "{");
    auto set_aside = [&] { return !rig.reconciler.set_aside().empty(); };
    co_await dfp::testing::eventually(set_aside, "the broken record is quarantined");

    auto response = co_await rig.get("services");
    EXPECT_EQ(response.status, 200);
    auto answer = object_of(response);
    const auto& service = answer.at("Services").as_array().at(0).as_object();
    EXPECT_EQ(text(service, "ServiceName"), "a");
    EXPECT_EQ(service.at("Revision").as_int64(), 1);
    EXPECT_FALSE(answer.contains("Differences")) << "nobody asked HAProxy";
    EXPECT_EQ(service.at("Instances").as_array().size(), 1U);
    EXPECT_EQ(service.at("Registered").as_array().size(), 2U);
    EXPECT_EQ(json::serialize(answer.at("NotRouted")), R"(["books"])");
    EXPECT_TRUE(answer.at("Quarantined").as_object().contains("broken")) << response.body;
    EXPECT_EQ(text(answer, "CatalogError"), "");
  });
}

TEST(Services, SayHowWhatIsServedDiffers) {
  with_api([](Rig& rig) -> Task<> {
    auto same = co_await rig.get("services?live=true");
    EXPECT_EQ(json::serialize(object_of(same).at("Differences")), "[]");
    rig.driver.drift = {"route /a is missing"};
    auto other = co_await rig.get("services?live=true");
    EXPECT_EQ(json::serialize(object_of(other).at("Differences")), R"(["route /a is missing"])");
    EXPECT_EQ(text(object_of(other), "LiveError"), "");
  });
}

TEST(Services, AreShownWithoutTheRegistryToo) {
  with_api([](Rig& rig) -> Task<> {
    auto added = co_await rig.get("reconfigure?serviceName=a&servicePath=/a");
    EXPECT_EQ(added.status, 200);
    auto unasked = co_await rig.get("services?catalog=false");
    EXPECT_TRUE(object_of(unasked).at("Services").at(0).at("Registered").is_null());
    EXPECT_EQ(text(object_of(unasked), "CatalogError"), "");
    rig.registry.go_away();
    auto away = co_await rig.get("services");
    EXPECT_EQ(away.status, 200);
    EXPECT_TRUE(object_of(away).at("Services").at(0).at("Registered").is_null());
    EXPECT_TRUE(object_of(away).at("NotRouted").is_null());
    EXPECT_NE(text(object_of(away), "CatalogError"), "");
  });
}

TEST(Services, OneOfThemOrNotFound) {
  with_api([](Rig& rig) -> Task<> {
    for (std::string name : {"a", "b"}) {
      auto added = co_await rig.get("reconfigure?serviceName=" + name + "&servicePath=/" + name);
      EXPECT_EQ(added.status, 200);
    }
    auto one = co_await rig.get("services?serviceName=b");
    EXPECT_EQ(object_of(one).at("Services").as_array().size(), 1U);
    auto none = co_await rig.get("services?serviceName=c");
    EXPECT_EQ(none.status, 404);
  });
}

}  // namespace
}  // namespace dfp::api
