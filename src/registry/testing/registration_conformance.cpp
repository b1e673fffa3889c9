#include <algorithm>

#include "base/wait.hpp"
#include "registry/testing/conformance.hpp"

namespace dfp::registry::testing {
namespace {
using namespace std::chrono_literals;

Registration lasting(model::Instance instance, std::chrono::seconds lifetime) {
  return {.instance = std::move(instance), .checks = {}, .lifetime = lifetime};
}

/// Whether the catalog has it as an instance that may get traffic.
Task<bool> is_usable(World w, model::Instance instance) {
  auto found = co_await must(w.catalog().instances(instance.service, soon()));
  co_return std::ranges::any_of(found, [&](const model::Instance& other) {
    return other.id == instance.id && other.health == model::Health::Passing;
  });
}

Task<bool> becomes_unusable(World w, model::Instance instance, Deadline deadline) {
  while (!deadline.passed()) {
    bool usable = co_await is_usable(w, instance);
    if (!usable) co_return true;
    co_await sleep_for(50ms);
  }
  co_return false;
}

TEST_P(RegistrationConformance, AnEnrolledInstanceIsInTheCatalog) {
  play([](World w) -> Task<> {
    auto instance = w.instance("app", 1001);
    instance.tags = {"a", "b"};
    instance.meta = {{"k", "v"}};
    co_await must(w.registrar().enroll(lasting(instance, 0s), soon()));
    auto found = co_await must(w.catalog().instances(instance.service, soon()));
    EXPECT_EQ(found, std::vector<model::Instance>{instance});
  });
}

TEST_P(RegistrationConformance, ListsWhatWasRegistered) {
  play([](World w) -> Task<> {
    std::vector<model::Instance> two{w.instance("b", 1002), w.instance("a", 1001)};
    co_await must(w.registrar().enroll(lasting(two[0], 60s), soon()));
    co_await must(w.registrar().add(two[1], soon()));
    auto listed = co_await must(w.registrar().registered(soon()));
    EXPECT_TRUE(std::ranges::is_sorted(listed, {}, [](const auto& i) { return std::pair(i.node, i.id); }));
    std::erase_if(listed, [&](const auto& instance) { return !instance.service.starts_with(w.scope + "-"); });
    EXPECT_EQ(listed, (std::vector<model::Instance>{two[1], two[0]}));
    co_await must(w.registrar().remove(two[0].service, two[0].node, two[0].id, soon()));
    listed = co_await must(w.registrar().registered(soon()));
    EXPECT_EQ(std::ranges::count(listed, two[0].service, &model::Instance::service), 0);
  });
}

TEST_P(RegistrationConformance, EnrollingAgainReplaces) {
  play([](World w) -> Task<> {
    auto instance = w.instance("app", 1001);
    co_await must(w.registrar().enroll(lasting(instance, 60s), soon()));
    instance.port = 1002;
    instance.health = model::Health::Critical;
    co_await must(w.registrar().enroll(lasting(instance, 0s), soon()));
    auto found = co_await must(w.catalog().instances(instance.service, soon()));
    EXPECT_EQ(found, std::vector<model::Instance>{instance});
  });
}

TEST_P(RegistrationConformance, AnEntryThatIsNotRenewedIsNotUsed) {
  play([](World w) -> Task<> {
    auto instance = w.instance("app", 1001);
    co_await must(w.registrar().enroll(lasting(instance, 1s), soon()));
    bool usable = co_await is_usable(w, instance);
    EXPECT_TRUE(usable);
    bool lapsed = co_await becomes_unusable(w, instance, soon());
    EXPECT_TRUE(lapsed);
  });
}

TEST_P(RegistrationConformance, ARenewedEntryStays) {
  play([](World w) -> Task<> {
    auto kept = w.instance("app", 1001);
    auto left = w.instance("app", 1002);
    co_await must(w.registrar().enroll(lasting(kept, 2s), soon()));
    co_await must(w.registrar().enroll(lasting(left, 2s), soon()));
    for (int i = 0; i < 10; ++i) {
      co_await sleep_for(300ms);
      co_await must(w.registrar().renew(lasting(kept, 2s), soon()));
    }
    bool usable = co_await is_usable(w, kept);
    EXPECT_TRUE(usable);
    bool other = co_await is_usable(w, left);
    EXPECT_FALSE(other);
  });
}

TEST_P(RegistrationConformance, RenewingTellsTheHealth) {
  play([](World w) -> Task<> {
    auto instance = w.instance("app", 1001);
    co_await must(w.registrar().enroll(lasting(instance, 60s), soon()));
    for (auto health : {model::Health::Critical, model::Health::Passing}) {
      instance.health = health;
      co_await must(w.registrar().renew(lasting(instance, 60s), soon()));
      // The catalog may be a moment behind.
      std::vector<model::Instance> found;
      for (auto deadline = soon(); found != std::vector{instance} && !deadline.passed();)
        found = co_await must(w.catalog().instances(instance.service, soon()));
      EXPECT_EQ(found, std::vector<model::Instance>{instance});
    }
  });
}

TEST_P(RegistrationConformance, RenewingWhatIsGoneIsNotFound) {
  play([](World w) -> Task<> {
    auto code = co_await must_fail(w.registrar().renew(lasting(w.instance("app", 1001), 60s), soon()));
    EXPECT_EQ(code, Errc::NotFound);
    auto found = co_await must(w.catalog().instances(w.scope + "-app", soon()));
    EXPECT_TRUE(found.empty());
  });
}

TEST_P(RegistrationConformance, WithoutALifetimeAnEntryStays) {
  play([](World w) -> Task<> {
    auto instance = w.instance("app", 1001);
    co_await must(w.registrar().enroll(lasting(instance, 1s), soon()));
    co_await must(w.registrar().enroll(lasting(instance, 0s), soon()));
    co_await sleep_for(1500ms);
    bool usable = co_await is_usable(w, instance);
    EXPECT_TRUE(usable);
  });
}

}  // namespace
}  // namespace dfp::registry::testing
