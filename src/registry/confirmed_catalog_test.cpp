#include "registry/confirmed_catalog.hpp"

#include <gtest/gtest.h>

#include "base/testing.hpp"
#include "base/wait.hpp"
#include "registry/testing/conformance.hpp"
#include "registry/testing/fake_registry.hpp"

namespace dfp::registry {
namespace {
using namespace std::chrono_literals;
using testing::Call, testing::FakeRegistry, testing::must, testing::must_fail, testing::soon;

model::Instance instance(std::string id) {
  return {.service = "web",
          .node = "n",
          .id = std::move(id),
          .address = "10.0.0.1",
          .port = 80,
          .tags = {},
          .meta = {}};
}

Task<std::size_t> count(Catalog* catalog) {
  auto instances = co_await must(catalog->instances("web", soon()));
  co_return instances.size();
}

void play(Task<> (*scenario)(Executor)) { dfp::testing::run(scenario); }

TEST(ConfirmedCatalog, OneEmptyAnswerIsNotBelieved) {
  play([](Executor executor) -> Task<> {
    FakeRegistry fake(executor);
    ConfirmedCatalog catalog(fake, 1ms);
    fake.put_instance(instance("a"));
    auto before = co_await count(&catalog);
    fake.answer_empty_next(1);
    auto after = co_await count(&catalog);
    EXPECT_EQ(before, 1u);
    EXPECT_EQ(after, 1u);
  });
}

TEST(ConfirmedCatalog, AScaleDownIsConfirmedWithoutAPause) {
  play([](Executor executor) -> Task<> {
    FakeRegistry fake(executor);
    ConfirmedCatalog catalog(fake, 1h);
    fake.put_instance(instance("a"));
    fake.put_instance(instance("b"));
    co_await count(&catalog);
    fake.drop_instance("n", "b");
    auto after = co_await count(&catalog);
    EXPECT_EQ(after, 1u);
    EXPECT_EQ(fake.calls(Call::Instances), 3);
    co_await count(&catalog);
    EXPECT_EQ(fake.calls(Call::Instances), 4) << "once confirmed, it is the new normal";
  });
}

TEST(ConfirmedCatalog, WhatIsReallyGoneIsGoneAfterTheSecondRead) {
  play([](Executor executor) -> Task<> {
    FakeRegistry fake(executor);
    ConfirmedCatalog catalog(fake, 1ms);
    fake.put_instance(instance("a"));
    co_await count(&catalog);
    fake.drop_instance("n", "a");
    auto gone = co_await count(&catalog);
    EXPECT_EQ(gone, 0u);
    co_await count(&catalog);
    EXPECT_EQ(fake.calls(Call::Instances), 4);
  });
}

Task<> break_during_the_pause(FakeRegistry* fake) {
  co_await sleep_for(10ms);
  fake->go_away();
}

TEST(ConfirmedCatalog, WhenTheSecondReadFailsNothingIsConcluded) {
  play([](Executor executor) -> Task<> {
    FakeRegistry fake(executor);
    ConfirmedCatalog catalog(fake, 100ms);
    fake.put_instance(instance("a"));
    co_await count(&catalog);
    fake.answer_empty_next(1);
    spawn(executor, break_during_the_pause(&fake), "break_during_the_pause");
    auto code = co_await must_fail(catalog.instances("web", soon()));
    EXPECT_EQ(code, Errc::Unavailable);
    fake.come_back();
    fake.answer_empty_next(1);
    auto after = co_await count(&catalog);
    EXPECT_EQ(after, 1u) << "the instance is still remembered";
  });
}

TEST(ConfirmedCatalog, ThePauseFitsIntoTheDeadline) {
  play([](Executor executor) -> Task<> {
    FakeRegistry fake(executor);
    ConfirmedCatalog catalog(fake, 1h);
    fake.put_instance(instance("a"));
    co_await count(&catalog);
    fake.answer_empty_next(1);
    auto instances = co_await catalog.instances("web", Deadline::after(200ms));
    EXPECT_TRUE(instances && instances->size() == 1);
  });
}

}  // namespace
}  // namespace dfp::registry
