#include "registry/plain_template_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.hpp"
#include "registry/testing/fake_registry.hpp"

namespace dfp::registry {
namespace {
using namespace std::chrono_literals;
using ::testing::ElementsAre;

model::Instance instance(const char* service, const char* node, const char* id) {
  model::Instance made;
  made.service = service;
  made.node = node;
  made.id = id;
  made.address = "10.0.0.1";
  made.port = 8080;
  return made;
}

/// Asks one question of a registry that `prepare` filled.
template <class T, class Prepare>
Result<T> ask(Question question, Prepare prepare) {
  return dfp::testing::run([&](Executor executor) -> Task<Result<T>> {
    testing::FakeRegistry registry(executor);
    prepare(registry);
    PlainTemplateSource source(registry, registry, "n1");
    auto answer = co_await source.ask(question, Deadline::after(5s));
    if (!answer) co_return std::unexpected(answer.error());
    co_return std::get<T>(answer->data);
  });
}

TEST(PlainTemplateSource, FiltersInstancesByTagAndHealth) {
  auto fill = [](testing::FakeRegistry& registry) {
    auto blue = instance("web", "n1", "a");
    blue.tags = {"blue"};
    auto sick = instance("web", "n1", "b");
    sick.health = model::Health::Critical;
    registry.put_instance(blue);
    registry.put_instance(sick);
  };
  auto ids = [](const Result<std::vector<HealthRecord>>& records) {
    std::vector<std::string> out;
    for (const auto& record : records.value()) out.push_back(record.service.id);
    return out;
  };
  using Records = std::vector<HealthRecord>;
  EXPECT_THAT(ids(ask<Records>(ServiceQuestion{.service = "web"}, fill)), ElementsAre("a", "b"));
  EXPECT_THAT(ids(ask<Records>(ServiceQuestion{.service = "web", .passing_only = true}, fill)),
              ElementsAre("a"));
  EXPECT_THAT(ids(ask<Records>(ServiceQuestion{.service = "web", .tag = "blue"}, fill)), ElementsAre("a"));
  EXPECT_THAT(ids(ask<Records>(ServiceQuestion{.service = "none"}, fill)), ElementsAre());
}

TEST(PlainTemplateSource, KnowsTagsOfServicesAndServicesOfNodes) {
  auto fill = [](testing::FakeRegistry& registry) {
    auto web = instance("web", "n1", "a");
    web.tags = {"blue", "v1"};
    auto other = instance("web", "n2", "b");
    other.tags = {"v1", "v2"};
    registry.put_instance(web);
    registry.put_instance(other);
    registry.put_instance(instance("db", "n1", "c"));
  };
  auto services = ask<std::vector<ServiceTags>>(ServicesQuestion{}, fill).value();
  ASSERT_EQ(services.size(), 2);
  EXPECT_EQ(services[1].name, "web");
  EXPECT_THAT(services[1].tags, ElementsAre("blue", "v1", "v2"));
  auto local = ask<std::optional<NodeServices>>(NodeQuestion{}, fill).value();
  ASSERT_TRUE(local);
  EXPECT_EQ(local->node.name, "n1");
  EXPECT_EQ(local->services.size(), 2);
  EXPECT_FALSE(ask<std::optional<NodeServices>>(NodeQuestion{.node = "n9"}, fill).value());
}

TEST(PlainTemplateSource, ReadsKeysAndTrees) {
  auto fill = [](testing::FakeRegistry& registry) {
    registry.set("app/a", "1");
    registry.set("app/b/c", "");
    registry.set("apple", "no");
  };
  EXPECT_EQ(ask<std::optional<KeyRecord>>(KeyQuestion{.key = "app/a"}, fill).value()->value, "1");
  EXPECT_FALSE(ask<std::optional<KeyRecord>>(KeyQuestion{.key = "app"}, fill).value());
  auto tree = ask<std::vector<KeyRecord>>(TreeQuestion{.prefix = "app/"}, fill).value();
  ASSERT_EQ(tree.size(), 2);
  EXPECT_EQ(tree[1].key, "app/b/c");
}

TEST(PlainTemplateSource, RefusesOtherDatacenters) {
  auto nothing = [](testing::FakeRegistry&) {};
  auto answer = ask<std::vector<ServiceTags>>(ServicesQuestion{.datacenter = "dc9"}, nothing);
  EXPECT_EQ(answer.error().code, Errc::InvalidArgument);
  EXPECT_TRUE(ask<std::vector<ServiceTags>>(ServicesQuestion{.datacenter = "dc1"}, nothing));
  EXPECT_THAT(ask<std::vector<std::string>>(DatacentersQuestion{}, nothing).value(), ElementsAre("dc1"));
}

TEST(PlainTemplateSource, PassesFailuresOn) {
  auto away = [](testing::FakeRegistry& registry) { registry.go_away(); };
  auto answer = ask<std::vector<HealthRecord>>(ServiceQuestion{.service = "web"}, away);
  EXPECT_EQ(answer.error().code, Errc::Unavailable);
}

TEST(TemplateSource, DescribesQuestions) {
  EXPECT_EQ(
      describe(ServiceQuestion{.service = "web", .tag = "blue", .datacenter = "dc1", .passing_only = true}),
      "service(blue.web@dc1|passing)");
  EXPECT_EQ(describe(NodesQuestion{}), "nodes");
  EXPECT_EQ(describe(TreeQuestion{.prefix = "app/", .datacenter = "dc2"}), "tree(app/@dc2)");
}

TEST(PlainTemplateSource, WaitsUntilTheAnswerIsAnotherOne) {
  auto [unchanged, changed] = dfp::testing::run([](Executor executor) -> Task<std::pair<Result<>, Result<>>> {
    testing::FakeRegistry registry(executor);
    registry.put_instance(instance("web", "n1", "a"));
    PlainTemplateSource source(registry, registry, "n1");
    Question question = ServiceQuestion{.service = "web"};
    auto answer = co_await source.ask(question, Deadline::after(5s));
    registry.put_instance(instance("other", "n1", "b"));
    auto before = co_await source.wait(question, answer->index, Deadline::after(1200ms));
    auto sick = instance("web", "n1", "a");
    sick.health = model::Health::Critical;
    registry.put_instance(sick);
    auto after = co_await source.wait(question, answer->index, Deadline::after(5s));
    co_return std::pair(before, after);
  });
  ASSERT_FALSE(unchanged);
  EXPECT_EQ(unchanged.error().code, Errc::Timeout);
  EXPECT_TRUE(changed);
}

}  // namespace
}  // namespace dfp::registry
