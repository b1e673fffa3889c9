#include "api/api.hpp"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/eventually.hpp"
#include "base/testing.hpp"
#include "reconcile/testing/fake_driver.hpp"
#include "registry/testing/fake_registry.hpp"

namespace dfp::api {
namespace {
namespace json = boost::json;
using namespace std::chrono_literals;

/// An API over a real reconciler, a registry in memory and a proxy in memory.
struct Rig {
  explicit Rig(Executor executor)
      : registry(executor),
        store(registry, "docker-flow"),
        reconciler(executor, registry, store, driver, settings()),
        api({reconciler, registry, &registry}) {}

  static reconcile::ReconcilerSettings settings() {
    reconcile::ReconcilerSettings s;
    s.request_timeout = 2s;
    s.watch_span = 200ms;
    s.retry_first = 5ms;
    s.retry_last = 20ms;
    return s;
  }

  /// Of `path` below /v1/docker-flow-proxy/.
  Task<net::HttpResponse> get(std::string path) {
    auto response = co_await raw("GET", "/v1/docker-flow-proxy/" + path);
    co_return response;
  }
  Task<net::HttpResponse> raw(std::string method, std::string target) {
    net::HttpRequest request(std::move(method), std::move(target));
    request.peer = "127.0.0.1:54321";
    auto response = co_await api.handle(std::move(request));
    co_return response;
  }

  void put_instance(std::string service, std::string id, std::uint16_t port = 8080,
                    std::string node = "node-1") {
    model::Instance i;
    i.service = std::move(service);
    i.node = std::move(node);
    i.id = std::move(id);
    i.address = "10.0.0.1";
    i.port = port;
    registry.put_instance(std::move(i));
  }

  registry::testing::FakeRegistry registry;
  reconcile::testing::FakeDriver driver;
  registry::DefinitionStore store;
  reconcile::Reconciler reconciler;
  Api api;
};

json::object object_of(const net::HttpResponse& response) { return json::parse(response.body).as_object(); }
std::string message_of(const net::HttpResponse& response) {
  return std::string(object_of(response).at("Message").as_string());
}
std::string text(const json::object& object, std::string_view key) {
  return std::string(object.at(key).as_string());
}

/// Runs `body(rig)` with a started reconciler.
void with_api(std::function<Task<>(Rig&)> body) {
  testing::run([&](Executor executor) -> Task<> {
    Rig rig(executor);
    auto started = co_await rig.reconciler.start();
    EXPECT_TRUE(started);
    co_await body(rig);
    co_await rig.reconciler.stop();
  });
}

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
  testing::run([](Executor executor) -> Task<> {
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
  testing::run([](Executor executor) -> Task<> {
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

TEST(Services, ShowWhatIsInUseRegisteredAndSetAside) {
  with_api([](Rig& rig) -> Task<> {
    rig.put_instance("a", "1");
    auto added = co_await rig.get("reconfigure?serviceName=a&servicePath=/a");
    EXPECT_EQ(added.status, 200);
    rig.put_instance("a", "2", 8081);
    rig.put_instance("books", "1b");
    rig.registry.set("docker-flow/broken/definition", "{");
    auto set_aside = [&] { return !rig.reconciler.set_aside().empty(); };
    co_await testing::eventually(set_aside, "the broken record is quarantined");

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
  testing::run([](Executor executor) -> Task<> {
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
