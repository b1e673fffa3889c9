#include "reconcile/address_owners.hpp"

#include <gtest/gtest.h>

#include "reconcile/testing/proxy_rig.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;
using testing::definition;
using testing::eventually;
using testing::FakeRegistry;
using testing::instance;
using testing::Proxy;
using testing::with_proxy;
using testing::with_registry;

AddressOwners owners_of(std::vector<model::Instance> instances) {
  AddressOwners owners;
  owners.update(std::move(instances));
  return owners;
}

TEST(AddressOwners, AnAddressIsTakenWhenOnlyOthersAreRegisteredThere) {
  auto pinned = instance("a", "1", 80);
  EXPECT_EQ(owners_of({}).taken_by(pinned), nullptr) << "nobody says so";
  EXPECT_EQ(owners_of({pinned}).taken_by(pinned), nullptr);
  EXPECT_EQ(owners_of({instance("b", "2", 81)}).taken_by(pinned), nullptr) << "another port";
  EXPECT_EQ(owners_of({pinned, instance("b", "2", 80)}).taken_by(pinned), nullptr)
      << "one process, two names";
  EXPECT_EQ(owners_of({instance("a", "3", 80)}).taken_by(pinned), nullptr) << "its own service";
  auto taken = owners_of({instance("b", "2", 80)});
  ASSERT_NE(taken.taken_by(pinned), nullptr);
  EXPECT_EQ(taken.taken_by(pinned)->service, "b");
}

TEST(AddressOwners, AContainerOwnsItsWholeAddress) {
  auto pinned = instance("a", "1", 80);
  auto container = instance("b", "2", 0);
  EXPECT_NE(owners_of({container}).taken_by(pinned), nullptr);
  container.id = pinned.id;
  EXPECT_EQ(owners_of({container}).taken_by(pinned), nullptr) << "the same one under another name";
}

TEST(AddressOwners, WhatWasFoundInHaproxyIsOfAnyColour) {
  auto pinned = instance("a", "server", 80);
  pinned.node.clear();
  EXPECT_EQ(owners_of({instance("a-blue", "2", 80)}).taken_by(pinned), nullptr);
  EXPECT_NE(owners_of({instance("b", "2", 80)}).taken_by(pinned), nullptr);
}

TEST(Withdrawals, WhatWasTakenComesBackWhenItIsRegisteredAgain) {
  model::Service service;
  service.definition.service = "a";
  service.revision = 3;
  auto one = instance("a", "1", 80);
  auto two = instance("a", "2", 81);
  service.instances = {one, two};
  Withdrawals withdrawals;
  EXPECT_TRUE(withdrawals.settle(service, owners_of({instance("b", "9", 80)})));
  EXPECT_EQ(service.instances, std::vector<model::Instance>{two});
  EXPECT_FALSE(withdrawals.would_settle(service, owners_of({})));
  EXPECT_FALSE(withdrawals.settle(service, owners_of({})));
  EXPECT_EQ(withdrawals.all().at("a"), std::vector<model::Instance>{one})
      << "not yet: nobody says that it is back";
  EXPECT_TRUE(withdrawals.settle(service, owners_of({one})));
  EXPECT_EQ(service.instances, (std::vector<model::Instance>{one, two}));
  EXPECT_TRUE(withdrawals.all().empty());
}

TEST(Withdrawals, AChangedServiceHasOnlyWhatItWasChangedTo) {
  model::Service service;
  service.definition.service = "a";
  service.revision = 3;
  auto one = instance("a", "1", 80);
  service.instances = {one};
  Withdrawals withdrawals;
  withdrawals.settle(service, owners_of({instance("b", "9", 80)}));
  service.revision = 4;
  EXPECT_FALSE(withdrawals.settle(service, owners_of({one})));
  EXPECT_TRUE(service.instances.empty());
}

TEST(Addresses, AnAddressThatIsAnothersByNowIsWithdrawnAtOnce) {
  for (bool watch : {false, true})
    with_proxy([watch](Proxy& proxy, FakeRegistry& registry) -> Task<> {
      registry.put_instance(instance("a", "1", 1000));
      registry.put_instance(instance("a", "2", 1001));
      auto ordered = definition("a", "/a");
      ordered.watch = watch;
      co_await proxy.reconciler.reconfigure(ordered, "test");
      registry.drop_instance("node-1", "1");
      registry.drop_instance("node-1", "2");
      co_await sleep_for(200ms);
      EXPECT_EQ(proxy.serving("a"), 2) << "that a registry shows nothing is no reason";
      registry.put_instance(instance("b", "9", 1000));
      co_await eventually([&] { return proxy.serving("a") == 1; }, "the address is not used any more");
      registry.put_instance(instance("b", "8", 1001));
      co_await eventually([&] { return proxy.serving("a") == 0; }, "not even the last one");
      EXPECT_TRUE(proxy.knows("a"));
      EXPECT_TRUE(proxy.reconciler.withdrawn().at("a").contains("service b"));
      registry.put_instance(instance("a", "3", 1003));
      if (!watch) co_await proxy.reconciler.reconfigure(ordered, "test");
      co_await eventually([&] { return proxy.serving("a") == 1; }, "and a new one is");
    });
}

TEST(Addresses, AStoredPinWhoseAddressIsAnothersByNowIsNotServedAfterAStart) {
  with_registry([](Executor executor, FakeRegistry& registry) -> Task<> {
    {
      Proxy first(executor, registry);
      co_await first.start();
      registry.put_instance(instance("a", "1", 1000));
      co_await first.reconciler.reconfigure(definition("a", "/a"), "test");
      co_await first.reconciler.stop();
    }
    registry.drop_instance("node-1", "1");
    registry.put_instance(instance("b", "9", 1000));
    Proxy second(executor, registry);
    co_await second.start();
    EXPECT_TRUE(second.knows("a"));
    EXPECT_EQ(second.serving("a"), 0);
    co_await second.reconciler.stop();
  });
}

}  // namespace
}  // namespace dfp::reconcile
