#include "docker/discovery/template_source.hpp"

#include <gmock/gmock.h>

#include "base/testing.hpp"
#include "docker/discovery/testing/swarm_objects.hpp"
#include "docker/testing/fake_engine.hpp"
#include "registry/testing/fake_registry.hpp"

namespace dfp::docker::discovery {
namespace {
using namespace std::chrono_literals;
using docker::testing::FakeEngine;
using registry::HealthRecord;
using registry::Question;
using registry::ServiceQuestion;
using registry::ServicesQuestion;
using registry::ServiceTags;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Deadline soon() { return Deadline::after(5s); }

/// A swarm with the service "web", and a registry with "db" and with another "web".
struct World {
  explicit World(Executor executor)
      : engine(executor),
        registry(executor),
        swarm(executor, engine, "proxy"),
        catalog(swarm, registry, ""),
        plain(registry, registry, ""),
        source(swarm, catalog, plain, registry) {
    engine.containers["proxy"] = proxy_container();
    engine.swarm_nodes = {swarm_node("n1")};
    engine.swarm_services = {swarm_service("web", 1, {{"com.df.port", "8080"}})};
    engine.swarm_tasks = {swarm_task("web", 1)};
    for (auto name : {"db", "web"}) {
      model::Instance instance;
      instance.service = name;
      instance.node = "elsewhere";
      instance.id = std::string(name) + "-registered";
      instance.tags = {"blue"};
      instance.address = "192.168.9.9";
      instance.port = 5432;
      registry.put_instance(instance);
    }
    registry.set("app/color", "green");
  }

  template <class T>
  Task<T> ask(Question question) {
    auto answer = co_await source.ask(std::move(question), soon());
    EXPECT_TRUE(answer) << answer.error().what;
    co_return answer ? std::get<T>(answer->data) : T();
  }
  Task<std::vector<std::string>> places(ServiceQuestion question) {
    auto records = co_await ask<std::vector<HealthRecord>>(std::move(question));
    std::vector<std::string> out;
    for (const auto& record : records)
      out.push_back(record.service.address + ":" + std::to_string(record.service.port));
    co_return out;
  }

  FakeEngine engine;
  registry::testing::FakeRegistry registry;
  SwarmSource swarm;
  DockerCatalog catalog;
  registry::PlainTemplateSource plain;
  DockerTemplateSource source;
};

TEST(DockerTemplateSources, AnswerFromTheEngineWhatItKnowsAndElseFromTheRegistry) {
  dfp::testing::run([](Executor executor) -> Task<> {
    World w(executor);
    auto web = co_await w.places({.service = "web"});
    EXPECT_THAT(web, ElementsAre("10.0.1.1:8080"));
    auto db = co_await w.places({.service = "db"});
    EXPECT_THAT(db, ElementsAre("192.168.9.9:5432"));
    auto nobody = co_await w.places({.service = "nobody"});
    EXPECT_THAT(nobody, IsEmpty());
    auto color =
        co_await w.ask<std::optional<registry::KeyRecord>>(registry::KeyQuestion{.key = "app/color"});
    EXPECT_EQ(color.value_or(registry::KeyRecord{}).value, "green");
  });
}

TEST(DockerTemplateSources, AnswerForAnotherDatacenterFromTheRegistry) {
  dfp::testing::run([](Executor executor) -> Task<> {
    World w(executor);
    auto web = co_await w.places({.service = "web", .datacenter = "dc1"});
    EXPECT_THAT(web, ElementsAre("192.168.9.9:5432"));
  });
}

TEST(DockerTemplateSources, NameTheServicesOfBoth) {
  dfp::testing::run([](Executor executor) -> Task<> {
    World w(executor);
    w.engine.swarm_services.push_back(swarm_service("api", 1));
    auto all = co_await w.ask<std::vector<ServiceTags>>(ServicesQuestion{});
    EXPECT_THAT(
        all, ElementsAre(ServiceTags{"api", {}}, ServiceTags{"db", {"blue"}}, ServiceTags{"web", {"blue"}}));
  });
}

TEST(DockerTemplateSources, SayWhichLabelIsMissing) {
  dfp::testing::run([](Executor executor) -> Task<> {
    World w(executor);
    w.engine.swarm_services[0].labels.clear();
    auto answer = co_await w.source.ask(ServiceQuestion{.service = "web"}, soon());
    EXPECT_FALSE(answer);
    if (!answer) EXPECT_THAT(answer.error().what, HasSubstr("com.df.port"));
  });
}

TEST(DockerTemplateSources, WaitForTheEngine) {
  dfp::testing::run([](Executor executor) -> Task<> {
    World w(executor);
    Question web = ServiceQuestion{.service = "web"};
    auto before = co_await w.source.ask(web, soon());
    EXPECT_TRUE(before);
    auto unchanged = co_await w.source.wait(web, before->index, Deadline::after(1500ms));
    EXPECT_FALSE(unchanged);
    w.engine.swarm_tasks.push_back(swarm_task("web", 2));
    auto changed = co_await w.source.wait(web, before->index, soon());
    EXPECT_TRUE(changed);
  });
}

TEST(DockerTemplateSources, WithoutTheEngineSayNothingOfServices) {
  dfp::testing::run([](Executor executor) -> Task<> {
    World w(executor);
    w.engine.go_away();
    auto answer = co_await w.source.ask(ServiceQuestion{.service = "db"}, soon());
    EXPECT_FALSE(answer);
    if (!answer) EXPECT_EQ(answer.error().code, Errc::Unavailable);
  });
}

}  // namespace
}  // namespace dfp::docker::discovery
