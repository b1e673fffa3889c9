// Questions of templates, to a scripted Consul.
#include "registry/consul/template_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.hpp"
#include "base/wait.hpp"
#include "net/testing/http_imposter.hpp"
#include "registry/consul/consul.hpp"
#include "registry/consul/template_question.hpp"
#include "registry/testing/conformance.hpp"

namespace dfp::registry::consul {
namespace {
using namespace std::chrono_literals;
using net::HttpRequest, net::HttpResponse, net::testing::HttpImposter;
using registry::testing::must, registry::testing::must_fail, registry::testing::soon;
using ::testing::HasSubstr;

HttpResponse answer(std::string body, std::string index = "10", int status = 200) {
  return HttpResponse(status, std::move(body),
                      {{"X-Consul-Index", std::move(index)}, {"X-Consul-Knownleader", "true"}});
}

constexpr auto kOne =
    R"([{"Node":{"Node":"n","Address":"10.0.0.1"},"Service":{"ID":"a","Service":"web","Port":80},"Checks":[]}])";

/// A scripted Consul and a source that asks it.
struct Stage {
  explicit Stage(Executor executor) : Stage(executor, {}) {}
  Stage(Executor executor, std::vector<net::Endpoint> others) : server(executor) {
    ConsulOptions options;
    options.addresses = {server.endpoint()};
    options.addresses.insert(options.addresses.end(), others.begin(), others.end());
    consul = std::make_unique<Consul>(executor, options);
  }
  TemplateSource& source() { return consul->template_source(); }

  HttpImposter server;
  std::unique_ptr<Consul> consul;
};

void play(Task<> (*scenario)(Executor)) { dfp::testing::run(scenario); }

template <class T>
const T& data(const SourceAnswer& given) {
  return std::get<T>(given.data);
}

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

// -------------------------------------------------------------------------------------------------- waiting

Task<HttpResponse> answer_in_half_a_second(HttpRequest) {
  co_await sleep_for(500ms);
  co_return answer(kOne, "10");
}

const Question kWeb = ServiceQuestion{.service = "web"};

Task<std::uint64_t> ask_web(Stage* stage) {
  auto got = co_await must(stage->source().ask(kWeb, soon()));
  co_return got.index;
}

TEST(ConsulTemplateSourceWait, IsABlockingQueryAtTheAnswersIndex) {
  play([](Executor executor) -> Task<> {
    Stage stage(executor);
    stage.server.on("GET", "/v1/health/service/web", answer(kOne, "10"));
    auto index = co_await ask_web(&stage);
    stage.server.on("GET", "/v1/health/service/web", answer(kOne, "11"));
    co_await must(stage.source().wait(kWeb, index, soon()));
    EXPECT_THAT(stage.server.requests().back().target, HasSubstr("/v1/health/service/web?index=10&wait="));
  });
}

TEST(ConsulTemplateSourceWait, TheSameIndexIsNoChange) {
  play([](Executor executor) -> Task<> {
    Stage stage(executor);
    stage.server.on("GET", "/v1/health/service/web", answer(kOne, "10"));
    auto index = co_await ask_web(&stage);
    stage.server.on("GET", "/v1/health/service/web", answer_in_half_a_second);
    auto waited = co_await must_fail(stage.source().wait(kWeb, index, Deadline::after(300ms)));
    EXPECT_EQ(waited, Errc::Unavailable) << "an agent that is later than told is not there";
    stage.server.on("GET", "/v1/health/service/web", answer(kOne, "10"));
    waited = co_await must_fail(stage.source().wait(kWeb, index, Deadline::after(600ms)));
    EXPECT_EQ(waited, Errc::Timeout);
    EXPECT_LE(stage.server.requests().size(), 10u)
        << "an agent that does not block is not asked without a pause";
  });
}

TEST(ConsulTemplateSourceWait, AnIndexThatFellIsAChange) {
  play([](Executor executor) -> Task<> {
    Stage stage(executor);
    stage.server.on("GET", "/v1/health/service/web", answer(kOne, "60"));
    auto index = co_await ask_web(&stage);
    stage.server.on("GET", "/v1/health/service/web", answer(kOne, "0"));
    co_await must(stage.source().wait(kWeb, index, soon()));
    EXPECT_EQ(stage.server.requests().size(), 2u);
    index = co_await ask_web(&stage);
    EXPECT_EQ(index, 1u) << "an index is never below 1";
  });
}

TEST(ConsulTemplateSourceWait, AnIndexOfAnotherAgentIsConfirmedByAPlainRead) {
  play([](Executor executor) -> Task<> {
    HttpImposter second(executor);
    Stage stage(executor, {second.endpoint()});
    stage.server.on("GET", "/v1/health/service/web", answer(kOne, "60"));
    second.on("GET", "/v1/health/service/web", answer(kOne, "5"));
    auto index = co_await ask_web(&stage);
    stage.server.stop();
    co_await must(stage.source().wait(kWeb, index, soon()));
    EXPECT_EQ(second.requests().at(0).target, "/v1/health/service/web?consistent");
  });
}

TEST(ConsulTemplateSourceWait, AnIndexOfAnEarlierAnswerReturnsAtOnce) {
  play([](Executor executor) -> Task<> {
    Stage stage(executor);
    stage.server.on("GET", "/v1/health/service/web", answer(kOne, "10"));
    auto old_index = co_await ask_web(&stage);
    stage.server.on("GET", "/v1/health/service/web", answer(kOne, "12"));
    co_await ask_web(&stage);
    co_await must(stage.source().wait(kWeb, old_index, soon()));
    EXPECT_EQ(stage.server.requests().back().target, "/v1/health/service/web?consistent");
  });
}

TEST(ConsulTemplateSourceWait, AMissingKeyCanBeWaitedFor) {
  play([](Executor executor) -> Task<> {
    Stage stage(executor);
    stage.server.on("GET", "/v1/kv/a", answer("", "10", 404));
    Question key = KeyQuestion{.key = "a"};
    auto got = co_await must(stage.source().ask(key, soon()));
    stage.server.on_next("GET", "/v1/kv/a", answer("", "10", 404));
    stage.server.on("GET", "/v1/kv/a", answer(R"([{"Key": "a", "ModifyIndex": 11, "Value": null}])", "11"));
    co_await must(stage.source().wait(key, got.index, soon()));
    EXPECT_EQ(stage.server.requests().size(), 3u);
  });
}

Task<> wait_and_count(TemplateSource* source, std::uint64_t index, Deadline deadline, int* changed) {
  auto result = co_await source->wait(kWeb, index, deadline);
  if (result) ++*changed;
}

TEST(ConsulTemplateSourceWait, WaitsForTheSameThingShareOneQuery) {
  play([](Executor executor) -> Task<> {
    Stage stage(executor);
    stage.server.on("GET", "/v1/health/service/web", answer(kOne, "10"));
    auto index = co_await ask_web(&stage);
    auto until_change = std::make_shared<Signal>(executor);
    stage.server.on("GET", "/v1/health/service/web?index=*", [until_change](HttpRequest) {
      return [](std::shared_ptr<Signal> change) -> Task<HttpResponse> {
        co_await change->wait(soon());
        co_return answer(kOne, "11");
      }(until_change);
    });
    int changed = 0;
    for (auto deadline : {soon(), soon(), Deadline::after(100ms)})
      spawn(executor, wait_and_count(&stage.source(), index, deadline, &changed), "test.wait");
    co_await sleep_for(200ms);
    EXPECT_EQ(stage.server.requests().size(), 2u) << "the read and one blocking query";
    EXPECT_EQ(changed, 0);
    until_change->notify_all();
    for (auto deadline = soon(); changed < 2 && !deadline.passed();) co_await sleep_for(5ms);
    EXPECT_EQ(changed, 2) << "the third waited for 100 ms only";
  });
}

TEST(ConsulTemplateSourceWait, MayStillBeUnderWayWhenTheProgramEnds) {
  play([](Executor executor) -> Task<> {
    auto stage = std::make_unique<Stage>(executor);
    stage->server.on("GET", "/v1/health/service/web", answer(kOne, "10"));
    auto index = co_await ask_web(stage.get());
    stage->server.on("GET", "/v1/health/service/web?index=*", answer_in_half_a_second);
    static int changed = 0;
    for (int i = 0; i < 2; ++i)
      spawn(executor, wait_and_count(&stage->source(), index, soon(), &changed), "test.wait");
    co_await sleep_for(20ms);  // the sanitizer watches the end
    EXPECT_EQ(changed, 0);
  });
}

TEST(ConsulTemplateSourceWait, WhoeverWaitsLongerAsksOn) {
  play([](Executor executor) -> Task<> {
    Stage stage(executor);
    stage.server.on("GET", "/v1/health/service/web", answer(kOne, "10"));
    auto index = co_await ask_web(&stage);
    int changed = 0;
    spawn(executor, wait_and_count(&stage.source(), index, Deadline::after(300ms), &changed), "test.wait");
    spawn(executor, wait_and_count(&stage.source(), index, soon(), &changed), "test.wait");
    co_await sleep_for(500ms);
    EXPECT_EQ(changed, 0);
    stage.server.on("GET", "/v1/health/service/web", answer(kOne, "11"));
    for (auto deadline = soon(); changed == 0 && !deadline.passed();) co_await sleep_for(5ms);
    EXPECT_EQ(changed, 1);
  });
}

Task<> wait_for_web(TemplateSource* source, int number, int* ended) {
  Question question = ServiceQuestion{.service = "web" + std::to_string(number)};
  auto got = co_await must(source->ask(question, soon()));
  co_await source->wait(question, got.index, Deadline::after(1s));
  ++*ended;
}

TEST(ConsulTemplateSourceWait, OnlySoManyQueriesBlockAtOnce) {
  play([](Executor executor) -> Task<> {
    Stage stage(executor);
    stage.server.on("GET", "/v1/health/service/*", [](HttpRequest request) -> Task<HttpResponse> {
      if (request.target.contains("index=")) co_await sleep_for(5s);
      co_return answer(kOne, "10");
    });
    constexpr int kAll = ConsulTemplateSource::kMostBlocking + 10;
    int ended = 0;
    for (int i = 0; i < kAll; ++i) spawn(executor, wait_for_web(&stage.source(), i, &ended), "test.wait");
    for (auto deadline = soon(); ended < kAll && !deadline.passed();) co_await sleep_for(20ms);
    EXPECT_EQ(ended, kAll);
    auto blocking = std::ranges::count_if(stage.server.requests(),
                                          [](const auto& r) { return r.target.contains("index="); });
    EXPECT_EQ(blocking, ConsulTemplateSource::kMostBlocking);
  });
}

TEST(ConsulTemplateSourceWait, PausesLongerAfterEveryFailure) {
  play([](Executor executor) -> Task<> {
    Stage stage(executor);
    stage.server.on("GET", "/v1/health/service/web", answer(kOne, "10"));
    auto index = co_await ask_web(&stage);
    stage.server.on("GET", "/v1/health/service/web", HttpResponse(500, "No cluster leader"));
    auto until = Deadline::after(2s);
    while (!until.passed()) co_await stage.source().wait(kWeb, index, until);
    EXPECT_LE(stage.server.requests().size(), 8u) << "and not thousands";
    stage.server.on("GET", "/v1/health/service/web", answer(kOne, "11"));
    co_await must(stage.source().wait(kWeb, index, soon()));
  });
}

}  // namespace
}  // namespace dfp::registry::consul
