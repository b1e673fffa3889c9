#include "docker/registrator/registry_plan.hpp"

#include <gmock/gmock.h>

namespace dfp::docker::registrator {
namespace {
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

registry::Registration entry(const std::string& id, std::uint16_t port = 80,
                             const std::string& owner = "host") {
  registry::Registration made;
  made.instance.service = "app";
  made.instance.node = "host";
  made.instance.id = id;
  made.instance.address = "10.0.0.1";
  made.instance.port = port;
  if (!owner.empty()) made.instance.meta[std::string(kOwnerMeta)] = owner;
  return made;
}

/// A test's situation; all of desired is told unless the test takes it back.
struct Case {
  Registrations desired;
  std::vector<model::Instance> listed;
  Registrations told;
  bool renewal_due = false;
  bool cleanup = false;

  void want(const registry::Registration& r) {
    desired[r.instance.id] = r;
    told[r.instance.id] = r;
  }
  RegistryPlan plan() const { return plan_of({desired, listed, told, renewal_due, cleanup, "host"}); }
};

TEST(RegistryPlans, NothingToDo) {
  Case c;
  c.want(entry("a"));
  c.listed = {entry("a").instance};
  auto plan = c.plan();
  EXPECT_THAT(plan.enroll, IsEmpty());
  EXPECT_THAT(plan.renew, IsEmpty());
  EXPECT_THAT(plan.remove, IsEmpty());
}

TEST(RegistryPlans, AMissingEntryIsEnrolled) {
  Case c;
  c.want(entry("a"));
  EXPECT_THAT(c.plan().enroll, SizeIs(1));
}

TEST(RegistryPlans, ADifferentEntryIsEnrolled) {
  Case c;
  c.want(entry("a", 81));
  c.listed = {entry("a", 80).instance};
  EXPECT_THAT(c.plan().enroll, SizeIs(1));
}

TEST(RegistryPlans, AfterAStartEverythingIsToldOnce) {
  Case c;
  c.want(entry("a"));
  c.told.clear();
  c.listed = {entry("a").instance};
  EXPECT_THAT(c.plan().enroll, SizeIs(1));
}

TEST(RegistryPlans, HealthByTheRegistrysChecksAndItsNodeNameAreNoDifference) {
  Case c;
  c.want(entry("a"));
  c.listed = {entry("a").instance};
  c.listed[0].health = model::Health::Critical;
  c.listed[0].node = "consul-1";
  auto plan = c.plan();
  EXPECT_THAT(plan.enroll, IsEmpty());
  EXPECT_THAT(plan.renew, IsEmpty());
}

TEST(RegistryPlans, AChangedHealthOfTheContainerIsTold) {
  Case c;
  c.want(entry("a"));
  c.listed = {entry("a").instance};
  c.desired["a"].instance.health = model::Health::Critical;
  auto plan = c.plan();
  EXPECT_THAT(plan.enroll, IsEmpty());
  EXPECT_THAT(plan.renew, SizeIs(1));
}

TEST(RegistryPlans, AChangedCheckIsEnrolled) {
  Case c;
  c.want(entry("a"));
  c.listed = {entry("a").instance};
  c.desired["a"].checks.push_back({});
  EXPECT_THAT(c.plan().enroll, SizeIs(1));
}

TEST(RegistryPlans, OnlyEntriesWithALifetimeAreRenewed) {
  Case c;
  auto lasting = entry("b");
  lasting.lifetime = 30s;
  c.want(entry("a"));
  c.want(lasting);
  c.listed = {entry("a").instance, entry("b").instance};
  c.renewal_due = true;
  auto plan = c.plan();
  ASSERT_THAT(plan.renew, SizeIs(1));
  EXPECT_EQ(plan.renew[0].instance.id, "b");
}

TEST(RegistryPlans, OwnOrphansAreRemovedAndNothingElse) {
  Case c;
  c.listed = {entry("host:gone:80").instance, entry("other:x:80", 80, "other").instance,
              entry("by-hand", 80, "").instance, entry("host:old:80", 80, "").instance};
  auto plan = c.plan();
  ASSERT_THAT(plan.remove, SizeIs(1));
  EXPECT_EQ(plan.remove[0].id, "host:gone:80");
}

TEST(RegistryPlans, CleanupAlsoRemovesWhatAnotherRegistratorLeft) {
  Case c;
  c.cleanup = true;
  c.listed = {entry("by-hand", 80, "").instance, entry("host:old:80", 80, "").instance,
              entry("elsewhere:old:80", 80, "").instance};
  auto plan = c.plan();
  ASSERT_THAT(plan.remove, SizeIs(1));
  EXPECT_EQ(plan.remove[0].id, "host:old:80");
}

TEST(RegistryPlans, AnEntryThatIsTakenOverIsEnrolledNotRemoved) {
  Case c;
  c.cleanup = true;
  c.want(entry("host:app:80"));
  c.listed = {entry("host:app:80", 80, "").instance};
  auto plan = c.plan();
  EXPECT_THAT(plan.enroll, SizeIs(1));
  EXPECT_THAT(plan.remove, IsEmpty());
}

}  // namespace
}  // namespace dfp::docker::registrator
