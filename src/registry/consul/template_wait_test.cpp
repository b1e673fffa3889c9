// Waiting for changes, with a scripted Consul.
#include "registry/consul/template_source.hpp"
#include "registry/consul/testing/template_stage.hpp"

namespace dfp::registry::consul {
namespace {
using namespace std::chrono_literals;
using namespace testing;
using registry::testing::must, registry::testing::must_fail, registry::testing::soon;
using ::testing::HasSubstr;

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
