#include "registry/testing/fake_registry.hpp"

#include "base/testing.hpp"
#include "registry/testing/conformance.hpp"

namespace dfp::registry::testing {
namespace {

class FakeSubject : public Subject {
 public:
  explicit FakeSubject(Executor executor) : fake_(std::move(executor)) {}
  Catalog& catalog() override { return fake_; }
  KeyValue& key_value() override { return fake_; }
  Registrar& registrar() override { return fake_; }

 private:
  FakeRegistry fake_;
};

Backend fake() {
  return {"fake", [](Executor executor) { return std::make_unique<FakeSubject>(std::move(executor)); },
          "node-1", ""};
}

INSTANTIATE_TEST_SUITE_P(Fake, CatalogConformance, ::testing::Values(fake()), backend_name);
INSTANTIATE_TEST_SUITE_P(Fake, KeyValueConformance, ::testing::Values(fake()), backend_name);
INSTANTIATE_TEST_SUITE_P(Fake, DefinitionStoreConformance, ::testing::Values(fake()), backend_name);
INSTANTIATE_TEST_SUITE_P(Fake, RegistrarConformance, ::testing::Values(fake()), backend_name);
INSTANTIATE_TEST_SUITE_P(Fake, RegistrationConformance, ::testing::Values(fake()), backend_name);

std::vector<Operation> put_a() { return {Put{"a", "1"}}; }

TEST(FakeRegistryFaults, FailTheNextCallsOfOneKind) {
  dfp::testing::run([](Executor executor) -> Task<> {
    FakeRegistry fake(executor);
    fake.fail_next(1, {Errc::Rejected, "no"}, Call::Transact);
    co_await must(fake.list("", soon()));
    auto code = co_await must_fail(fake.transact(put_a(), soon()));
    EXPECT_EQ(code, Errc::Rejected);
    EXPECT_EQ(fake.value("a"), std::nullopt);
    co_await must(fake.transact(put_a(), soon()));
    EXPECT_EQ(fake.calls(Call::Transact), 2);
  });
}

TEST(FakeRegistryFaults, ALostAnswerHasTakenEffect) {
  dfp::testing::run([](Executor executor) -> Task<> {
    FakeRegistry fake(executor);
    fake.lose_answer_next(1);
    auto code = co_await must_fail(fake.transact(put_a(), soon()));
    EXPECT_EQ(code, Errc::OutcomeUnknown);
    EXPECT_EQ(fake.value("a"), "1");
  });
}

TEST(FakeRegistryFaults, GoingAwayEndsWaitsAndFailsEverything) {
  dfp::testing::run([](Executor executor) -> Task<> {
    FakeRegistry fake(executor);
    auto tree = co_await must(fake.list("", soon()));
    spawn(
        executor,
        [](FakeRegistry* registry) -> Task<> {
          registry->go_away();
          co_return;
        }(&fake),
        "go_away");
    auto code = co_await must_fail(fake.wait("", tree.index, soon()));
    EXPECT_EQ(code, Errc::Unavailable);
    code = co_await must_fail(fake.services(soon()));
    EXPECT_EQ(code, Errc::Unavailable);
    fake.come_back();
    co_await must(fake.services(soon()));
  });
}

TEST(FakeRegistryFaults, EmptyAnswersHideWhatIsThere) {
  dfp::testing::run([](Executor executor) -> Task<> {
    FakeRegistry fake(executor);
    fake.set("a", "1");
    fake.answer_empty_next(1);
    auto hidden = co_await must(fake.list("", soon()));
    EXPECT_TRUE(hidden.entries.empty());
    auto seen = co_await must(fake.list("", soon()));
    EXPECT_EQ(seen.entries.size(), 1u);
  });
}

TEST(FakeRegistryFaults, ADelayBeyondTheDeadlineIsATimeoutWithoutEffect) {
  dfp::testing::run([](Executor executor) -> Task<> {
    using namespace std::chrono_literals;
    FakeRegistry fake(executor);
    fake.delay_calls(10s);
    auto code = co_await must_fail(fake.transact(put_a(), Deadline::after(5ms)));
    EXPECT_EQ(code, Errc::Timeout);
    EXPECT_EQ(fake.value("a"), std::nullopt);
  });
}

TEST(FakeRegistryFaults, RestartedHistoryWakesWaiters) {
  dfp::testing::run([](Executor executor) -> Task<> {
    FakeRegistry fake(executor);
    for (auto value : {"1", "2", "3"}) fake.set("a", value);
    auto tree = co_await must(fake.list("", soon()));
    fake.restart_history();
    auto index = co_await must(fake.wait("", tree.index, soon()));
    EXPECT_LT(index, tree.index);
    EXPECT_EQ(fake.value("a"), "3");
  });
}

}  // namespace
}  // namespace dfp::registry::testing
