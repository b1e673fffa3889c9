#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "api/testing/api_rig.hpp"

namespace dfp::api {
namespace {
namespace json = boost::json;
using testing::message_of;
using testing::object_of;
using testing::Rig;
using testing::text;
using testing::with_api;

TEST(Reconfigure, AnswersTheNineKeysThenWhatIsNew) {
  with_api([](Rig& rig) -> Task<> {
    rig.put_instance("go-demo", "a");
    auto response = co_await rig.get("reconfigure?serviceName=go-demo&servicePath=/demo,/a%26b&skipCheck=t");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.headers.find("Content-Type"), "application/json");
    EXPECT_EQ(
        response.body,
        R"({"Status":"OK","Message":"","ServiceName":"go-demo","ServiceColor":"","ServicePath":["/demo","/a\u0026b"],)"
        R"("ServiceDomain":"","ConsulTemplatePath":"","PathType":"","SkipCheck":true,"AclName":"",)"
        R"("TakeOver":false,"Watch":false,"StripPath":false,"ConsulTemplateFePath":"","ConsulTemplateBePath":"",)"
        R"("TemplateFePath":"","TemplateBePath":"","Port":"","DiscoveryType":"","Network":"",)"
        R"("CheckPath":"","CheckMethod":"","CheckHost":"","CheckStatus":null,"CheckInterval":"",)"
        R"("CheckTimeout":"","CheckRise":"","CheckFall":"","CheckTcp":false,)"
        R"("AppliedBy":"runtime","Reason":"","Revision":1,"Instances":1})");
    EXPECT_EQ(rig.reconciler.state().services.at("go-demo").changed_by, "api 127.0.0.1");
  });
}

TEST(Reconfigure, AsksOfEveryMethodThatMayChangeThings) {
  with_api([](Rig& rig) -> Task<> {
    for (std::string method : {"GET", "PUT", "POST"}) {
      auto response =
          co_await rig.raw(method, "/v1/docker-flow-proxy/reconfigure/?serviceName=a&servicePath=/" + method);
      EXPECT_EQ(response.status, 200) << method;
    }
  });
}

TEST(Api, UntilTheStartHasSucceededOnlyHealthIsAnswered) {
  dfp::testing::run([](Executor executor) -> Task<> {
    Rig rig(executor);
    for (std::string path : {"reconfigure?serviceName=a&servicePath=/a", "remove?serviceName=a", "reload",
                             "services", "config", "register?serviceName=a&address=10.0.0.9&port=1", ""}) {
      auto response = co_await rig.get(path);
      EXPECT_EQ(response.status, 503) << path;
      EXPECT_EQ(response.headers.find("Retry-After"), "1") << path;
    }
    EXPECT_EQ(rig.driver.applies + rig.driver.reloads + rig.driver.starts, 0);
    auto ping = co_await rig.get("ping");
    EXPECT_EQ(ping.status, 200);
    auto readiness = co_await rig.get("successfulinitreload");
    EXPECT_EQ(readiness.status, 500);
    auto metrics = co_await rig.raw("GET", "/metrics");
    EXPECT_EQ(metrics.status, 200);
  });
}

TEST(Api, AHeadMakesNoBody) {
  with_api([](Rig& rig) -> Task<> {
    auto head = co_await rig.raw("HEAD", "/v1/docker-flow-proxy/services");
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.body, "");
    auto unknown = co_await rig.raw("HEAD", "/v1/nowhere");
    EXPECT_EQ(unknown.status, 404);
    auto changing = co_await rig.raw("HEAD", "/v1/docker-flow-proxy/reload");
    EXPECT_EQ(changing.status, 405);
    EXPECT_EQ(rig.driver.reloads, 0);
  });
}

TEST(Reconfigure, AServiceWithoutInstancesIsAcceptedAndSaysSo) {
  with_api([](Rig& rig) -> Task<> {
    auto response = co_await rig.get("reconfigure?serviceName=a&serviceColor=blue&servicePath=/a");
    EXPECT_EQ(response.status, 200);
    EXPECT_TRUE(message_of(response).starts_with("a-blue has no instance")) << message_of(response);
  });
}

TEST(Reconfigure, RefusalsEchoWhatWasAskedAndChangeNothing) {
  with_api([](Rig& rig) -> Task<> {
    auto response = co_await rig.get(
        "reconfigure?serviceName=go-demo&servicePath=/demo&pathType=path_foo&serviceDomain=A.com");
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.headers.find("Content-Type"), "application/json");
    EXPECT_EQ(
        response.body,
        R"({"Status":"NOK","Message":"pathType: \"path_foo\" is not allowed: one of path_beg, path, path_end, )"
        R"(path_sub, path_dir, path_reg","ServiceName":"go-demo","ServiceColor":"","ServicePath":["/demo"],)"
        R"("ServiceDomain":"a.com","ConsulTemplatePath":"","PathType":"","SkipCheck":false})");
    EXPECT_EQ(rig.driver.applies, 0);
    EXPECT_TRUE(rig.reconciler.state().services.empty());
  });
}

TEST(Reconfigure, EveryKindOfFailureHasItsStatus) {
  with_api([](Rig& rig) -> Task<> {
    auto missing = co_await rig.get("reconfigure");
    EXPECT_EQ(missing.status, 400);
    auto template_ = co_await rig.get("reconfigure?serviceName=a&consulTemplatePath=/x.tmpl");
    EXPECT_EQ(template_.status, 400);
    EXPECT_TRUE(message_of(template_).starts_with("consulTemplatePath: ")) << template_.body;
    auto escape = co_await rig.get("reconfigure?serviceName=a&servicePath=/%zz");
    EXPECT_EQ(escape.status, 400);
    EXPECT_TRUE(message_of(escape).contains("%zz")) << escape.body;

    auto owner = co_await rig.get("reconfigure?serviceName=owner&servicePath=/x");
    EXPECT_EQ(owner.status, 200);
    auto conflict = co_await rig.get("reconfigure?serviceName=other&servicePath=/x");
    EXPECT_EQ(conflict.status, 409);
    EXPECT_TRUE(message_of(conflict).contains("owner")) << conflict.body;
    EXPECT_EQ(text(object_of(conflict), "ServiceName"), "other");

    rig.driver.refused.insert("bad");
    auto rejected = co_await rig.get("reconfigure?serviceName=bad&servicePath=/bad");
    EXPECT_EQ(rejected.status, 500);
    EXPECT_TRUE(message_of(rejected).contains("haproxy: bad cannot be rendered")) << rejected.body;

    rig.registry.go_away();
    auto away = co_await rig.get("reconfigure?serviceName=a&servicePath=/a");
    EXPECT_EQ(away.status, 503);
    EXPECT_EQ(text(object_of(away), "Status"), "NOK");
    EXPECT_EQ(away.headers.find("Content-Type"), "application/json");
  });
}

TEST(Reload, IsPassedOnAsItIsOrAnew) {
  with_api([](Rig& rig) -> Task<> {
    auto plain = co_await rig.get("reload");
    EXPECT_EQ(plain.status, 200);
    auto anew = co_await rig.get("reload?recreate=true&fromListener=false");
    EXPECT_EQ(anew.status, 200);
    EXPECT_EQ(rig.driver.reloads, 1);
    EXPECT_EQ(rig.driver.recreations, 1);
    auto bad = co_await rig.get("reload?recreate=perhaps");
    EXPECT_EQ(bad.status, 400);
  });
}

TEST(Reconfigure, ADryRunShowsThePlanAndChangesNothing) {
  with_api([](Rig& rig) -> Task<> {
    rig.put_instance("a", "1");
    auto response = co_await rig.get("reconfigure?serviceName=a&servicePath=/a&dryRun=true");
    EXPECT_EQ(response.status, 200);
    auto answer = object_of(response);
    EXPECT_TRUE(answer.at("DryRun").as_bool());
    EXPECT_EQ(json::serialize(answer.at("Plan")),
              R"([{"What":"add service a","Means":"runtime","Reason":"",)"
              R"("Kind":"add_destination","Service":"a","Destination":1}])");
    EXPECT_EQ(rig.driver.applies, 0);
    EXPECT_TRUE(rig.reconciler.state().services.empty());
  });
}

TEST(Remove, IsIdempotentAndNamesTheService) {
  with_api([](Rig& rig) -> Task<> {
    auto added = co_await rig.get("reconfigure?serviceName=a&servicePath=/a");
    EXPECT_EQ(added.status, 200);
    auto removed = co_await rig.get("remove?serviceName=a&distribute=true&aclName=x");
    EXPECT_EQ(
        removed.body,
        R"({"Status":"OK","Message":"","ServiceName":"a","ServiceColor":"","ServicePath":null,"ServiceDomain":"",)"
        R"("ConsulTemplatePath":"","PathType":"","SkipCheck":false,"AppliedBy":"runtime","Reason":""})");
    auto again = co_await rig.get("remove?serviceName=a");
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(message_of(again), "service a was not configured");
  });
}

TEST(Remove, RefusesWhatItDoesNotUnderstand) {
  with_api([](Rig& rig) -> Task<> {
    auto missing = co_await rig.get("remove");
    EXPECT_EQ(missing.status, 400);
    EXPECT_EQ(message_of(missing), "The following queries are mandatory: serviceName");
    auto unknown = co_await rig.get("remove?serviceName=a&servicePath=/a");
    EXPECT_EQ(unknown.status, 400);
    auto bad = co_await rig.get("remove?serviceName=../a");
    EXPECT_EQ(bad.status, 400);
    rig.registry.go_away();
    auto away = co_await rig.get("remove?serviceName=a");
    EXPECT_EQ(away.status, 503);
  });
}

TEST(SmallEndpoints, AnswerAsTheOriginal) {
  with_api([](Rig& rig) -> Task<> {
    for (std::string target : {"/v1/test", "/v2/test", "/v1/docker-flow-proxy/ping",
                               "/v1/docker-flow-proxy/successfulinitreload"}) {
      auto response = co_await rig.raw("GET", target);
      EXPECT_EQ(response.status, 200) << target;
      EXPECT_EQ(text(object_of(response), "Status"), "OK") << target;
      EXPECT_EQ(object_of(response).size(), 9U) << target;
    }
    auto test = co_await rig.raw("GET", "/v2/test?anything=goes");
    EXPECT_EQ(message_of(test), "Test v2");
  });
}

TEST(SmallEndpoints, NotReadyBeforeTheFirstSynchronisation) {
  dfp::testing::run([](Executor executor) -> Task<> {
    Rig rig(executor);
    auto response = co_await rig.get("successfulinitreload");
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(text(object_of(response), "Status"), "NOK");
  });
}

TEST(SmallEndpoints, NotReadyWhileHaproxyIsInTrouble) {
  with_api([](Rig& rig) -> Task<> {
    rig.driver.trouble_now = "HAProxy has not answered for 5 s";
    auto response = co_await rig.get("successfulinitreload");
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(message_of(response), "HAProxy has not answered for 5 s");
    rig.driver.trouble_now.reset();
    auto again = co_await rig.get("successfulinitreload");
    EXPECT_EQ(again.status, 200);
  });
}

TEST(UnknownPath, Is404WithTheKnownOnes) {
  with_api([](Rig& rig) -> Task<> {
    auto response = co_await rig.raw("GET", "/v1/docker-flow-proxy/reconfig\"ure");
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.headers.find("Content-Type"), "application/json");
    auto answer = object_of(response);
    EXPECT_EQ(text(answer, "Status"), "NOK");
    EXPECT_EQ(answer.at("Endpoints").as_array().size(), endpoints().size());
  });
}

TEST(Help, ListsEveryEndpointWithItsParameters) {
  with_api([](Rig& rig) -> Task<> {
    auto response = co_await rig.get("");
    EXPECT_EQ(response.status, 200);
    auto list = object_of(response).at("Endpoints").as_array();
    EXPECT_EQ(list.size(), endpoints().size());
    EXPECT_EQ(list[0].at("Parameters").as_array()[0].at("Name").as_string(), "serviceName");
  });
}

TEST(Config, IsTextOrTheDefinitions) {
  with_api([](Rig& rig) -> Task<> {
    auto added =
        co_await rig.get("reconfigure?serviceName=a&servicePath=/a&serviceDomain=x.com,y.com&aclName=05");
    EXPECT_EQ(added.status, 200);
    auto config = co_await rig.get("config");
    EXPECT_EQ(config.body, "# fake\n");
    EXPECT_EQ(config.headers.find("Content-Type"), "text/plain; charset=utf-8");
    auto definitions = co_await rig.get("config?type=json");
    EXPECT_EQ(
        definitions.body,
        R"({"a":{"ServiceName":"a","ServiceColor":"","ServicePath":["/a"],"ServiceDomain":"x.com,y.com",)"
        R"("ConsulTemplatePath":"","PathType":"","SkipCheck":false,"AclName":"05",)"
        R"("TakeOver":false,"Watch":false,"StripPath":false,"ConsulTemplateFePath":"","ConsulTemplateBePath":"",)"
        R"("TemplateFePath":"","TemplateBePath":"","Port":"","DiscoveryType":"","Network":"",)"
        R"("CheckPath":"","CheckMethod":"","CheckHost":"","CheckStatus":null,"CheckInterval":"","CheckTimeout":"",)"
        R"("CheckRise":"","CheckFall":"","CheckTcp":false}})");
    auto bad = co_await rig.get("config?type=x%22ml");
    EXPECT_EQ(bad.status, 400);
    EXPECT_EQ(message_of(bad), "type: \"x\"ml\" is not one of text, json");
  });
}

}  // namespace
}  // namespace dfp::api
