// What templates ask, and what a scripted Consul answers.
#include "registry/consul/template_source.hpp"
#include "registry/consul/template_question.hpp"
#include "registry/consul/testing/template_stage.hpp"

namespace dfp::registry::consul {
namespace {
using namespace std::chrono_literals;
using namespace testing;
using registry::testing::must, registry::testing::must_fail, registry::testing::soon;
using ::testing::HasSubstr;

// ------------------------------------------------------------------------------------------------ questions

struct TargetCase {
  const char* name;
  Question question;
  const char* target;
};
void PrintTo(const TargetCase& c, std::ostream* out) { *out << c.name; }

class QuestionTarget : public ::testing::TestWithParam<TargetCase> {};

TEST_P(QuestionTarget, IsConsulsUrl) { EXPECT_EQ(question_target(GetParam().question), GetParam().target); }

INSTANTIATE_TEST_SUITE_P(
    Table, QuestionTarget,
    ::testing::Values(
        TargetCase{"Service", ServiceQuestion{.service = "web"}, "/v1/health/service/web"},
        TargetCase{"ServiceWithAll", ServiceQuestion{"a/b", "v=1 x", "dc2", "_agent", true, false},
                   "/v1/health/service/a%2Fb?passing=1&tag=v%3D1%20x&near=_agent&dc=dc2"},
        TargetCase{"Mesh", ServiceQuestion{.service = "web", .mesh = true}, "/v1/health/connect/web"},
        TargetCase{"Services", ServicesQuestion{"dc2"}, "/v1/catalog/services?dc=dc2"},
        TargetCase{"Nodes", NodesQuestion{"dc2", "node-b"}, "/v1/catalog/nodes?near=node-b&dc=dc2"},
        TargetCase{"Node", NodeQuestion{"node-b", ""}, "/v1/catalog/node/node-b"},
        TargetCase{"Datacenters", DatacentersQuestion{}, "/v1/catalog/datacenters"},
        TargetCase{"Key", KeyQuestion{"app/a b", "dc2"}, "/v1/kv/app/a%20b?dc=dc2"},
        TargetCase{"Tree", TreeQuestion{"app/", ""}, "/v1/kv/app/?recurse"}),
    [](const auto& test) { return test.param.name; });

// -------------------------------------------------------------------------------------------------- answers

TEST(ConsulTemplateSource, AnswersAreReadConsistentlyAndCarryTheirIndex) {
  play([](Executor executor) -> Task<> {
    Stage stage(executor);
    stage.server.on("GET", "/v1/health/service/web?passing=1&consistent", answer(kOne, "42"));
    auto got =
        co_await must(stage.source().ask(ServiceQuestion{.service = "web", .passing_only = true}, soon()));
    EXPECT_EQ(got.index, 42u);
    EXPECT_EQ(data<std::vector<HealthRecord>>(got).at(0).service.port, 80);
  });
}

TEST(ConsulTemplateSource, WhatDoesNotExistIsAnEmptyAnswerThatCanBeWaitedFor) {
  play([](Executor executor) -> Task<> {
    Stage stage(executor);
    stage.server.on("GET", "/v1/kv/app/*", answer("", "7", 404));
    stage.server.on("GET", "/v1/catalog/node/nobody", answer("null", "8"));
    auto key = co_await must(stage.source().ask(KeyQuestion{.key = "app/x"}, soon()));
    EXPECT_FALSE(data<std::optional<KeyRecord>>(key));
    EXPECT_EQ(key.index, 7u);
    auto tree = co_await must(stage.source().ask(TreeQuestion{.prefix = "app/"}, soon()));
    EXPECT_TRUE(data<std::vector<KeyRecord>>(tree).empty());
    auto node = co_await must(stage.source().ask(NodeQuestion{.node = "nobody"}, soon()));
    EXPECT_FALSE(data<std::optional<NodeServices>>(node));
  });
}

TEST(ConsulTemplateSource, KeysHaveAllTheirFields) {
  play([](Executor executor) -> Task<> {
    Stage stage(executor);
    stage.server.on("GET", "/v1/kv/a", answer(R"([{"LockIndex": 2, "Key": "a", "Flags": 18446744073709551615,
        "Value": "L2RlbW8=", "CreateIndex": 7, "ModifyIndex": 9, "Session": "adf4"}])"));
    auto got = co_await must(stage.source().ask(KeyQuestion{.key = "a"}, soon()));
    EXPECT_EQ(data<std::optional<KeyRecord>>(got), (KeyRecord{"a", "/demo", "adf4", UINT64_MAX, 7, 9, 2}));
  });
}

TEST(ConsulTemplateSource, ANamelessNodeIsTheAgents) {
  play([](Executor executor) -> Task<> {
    Stage stage(executor);
    stage.server.on("GET", "/v1/agent/self", answer(R"({"Config": {"NodeName": "node-a"}})"));
    stage.server.on("GET", "/v1/catalog/node/node-a",
                    answer(R"({"Node": {"Node": "node-a", "Address": "1.1.1.1"}, "Services": {}})"));
    for (int i = 0; i < 2; ++i) {
      auto got = co_await must(stage.source().ask(NodeQuestion{}, soon()));
      EXPECT_EQ(data<std::optional<NodeServices>>(got)->node.name, "node-a");
    }
    EXPECT_EQ(stage.server.count("GET", "/v1/agent/self"), 1u) << "it stays while the agent does";
  });
}

TEST(ConsulTemplateSource, AnUnknownDatacenterIsTheQuestionsFaultAndNoFailOver) {
  play([](Executor executor) -> Task<> {
    HttpImposter second(executor);
    Stage stage(executor, {second.endpoint()});
    stage.server.on("*", "/*",
                    HttpResponse(500, "No path to datacenter", {{"X-Consul-Knownleader", "false"}}));
    auto refused =
        co_await stage.source().ask(ServiceQuestion{.service = "web", .datacenter = "dc9"}, soon());
    EXPECT_FALSE(refused);
    if (refused) co_return;
    EXPECT_EQ(refused.error().code, Errc::InvalidArgument);
    EXPECT_THAT(refused.error().what, HasSubstr("service(web@dc9|any): 500 \"No path to datacenter\""));
    EXPECT_TRUE(second.requests().empty());
  });
}

TEST(ConsulTemplateSource, AnEmptyAnswerOfATokenWithoutRightsIsAnError) {
  play([](Executor executor) -> Task<> {
    Stage stage(executor);
    stage.server.on("GET", "/v1/health/service/web", answer("[]"));
    stage.server.on("GET", "/v1/agent/health/service/name/web", HttpResponse(403, "Permission denied"));
    stage.server.on("GET", "/v1/kv/app/?recurse&consistent", answer("", "10", 404));
    stage.server.on("GET", "/v1/kv/app/?consistent", HttpResponse(403, "Permission denied"));
    stage.server.on("GET", "/v1/catalog/services",
                    HttpResponse(200, "{}", {{"X-Consul-Results-Filtered-By-ACLs", "true"}}));
    auto service = co_await must_fail(stage.source().ask(ServiceQuestion{.service = "web"}, soon()));
    EXPECT_EQ(service, Errc::Rejected);
    auto services = co_await must_fail(stage.source().ask(ServicesQuestion{}, soon()));
    EXPECT_EQ(services, Errc::Rejected) << "newer versions say it themselves";
    auto tree = co_await must_fail(stage.source().ask(TreeQuestion{.prefix = "app/"}, soon()));
    EXPECT_EQ(tree, Errc::Rejected);
  });
}

TEST(ConsulTemplateSource, ASuddenlyEmptyAnswerIsReadAgain) {
  play([](Executor executor) -> Task<> {
    Stage stage(executor);
    stage.server.on("GET", "/v1/health/service/web", answer(kOne));
    stage.server.on("GET", "/v1/agent/health/service/name/web", HttpResponse(404));
    Question web = ServiceQuestion{.service = "web"};
    co_await must(stage.source().ask(web, soon()));
    stage.server.on_next("GET", "/v1/health/service/web", answer("[]"));
    auto got = co_await must(stage.source().ask(web, soon()));
    EXPECT_EQ(data<std::vector<HealthRecord>>(got).size(), 1u) << "a single empty answer is not believed";
    stage.server.on_next("GET", "/v1/health/service/web", answer("[]"), 2);
    got = co_await must(stage.source().ask(web, soon()));
    EXPECT_TRUE(data<std::vector<HealthRecord>>(got).empty()) << "two are";
  });
}

TEST(ConsulTemplateSource, DatacentersAreSortedAndUnreachableOnesCanBeLeftOut) {
  play([](Executor executor) -> Task<> {
    Stage stage(executor);
    stage.server.on("GET", "/v1/catalog/datacenters", HttpResponse(200, R"(["dc3", "dc1", "dc2"])"));
    stage.server.on("GET", "/v1/catalog/services*", answer("{}"));
    stage.server.on("GET", "/v1/catalog/services?dc=dc2&consistent", HttpResponse(500, "rpc error: no path"));
    auto all = co_await must(stage.source().ask(DatacentersQuestion{}, soon()));
    EXPECT_EQ(data<std::vector<std::string>>(all), (std::vector<std::string>{"dc1", "dc2", "dc3"}));
    auto reachable = co_await must(stage.source().ask(DatacentersQuestion{.reachable_only = true}, soon()));
    EXPECT_EQ(data<std::vector<std::string>>(reachable), (std::vector<std::string>{"dc1", "dc3"}));
  });
}

}  // namespace
}  // namespace dfp::registry::consul
