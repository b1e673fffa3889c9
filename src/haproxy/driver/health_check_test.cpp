#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "haproxy/driver/testing/rig.hpp"

/// Checks whose answer counts, of servers of a real HAProxy.
namespace dfp::haproxy {
namespace {
using namespace std::chrono_literals;
using config::testing::service;
using config::testing::state_of;
using ::testing::ElementsAre;
using testing::eventually;
using ::testing::HasSubstr;
using testing::Origin;
using testing::Rig;
using testing::with;

class RunningChecks : public ::testing::Test {
 protected:
  model::Service checked(std::initializer_list<const Origin*> origins, std::string path = "/health") {
    auto s = with(service("a", {"/a"}), origins);
    s.definition.check.path = std::move(path);
    s.definition.check.interval = 100ms;
    return s;
  }
  std::string servers() { return rig.ask("show servers state svc:a"); }
  /// Names of those that answer, of a number of requests that reaches each of them.
  std::set<std::string> answering() {
    std::set<std::string> names;
    for (int i = 0; i < 8; ++i) names.insert(rig.get("x", "/a").body);
    return names;
  }
  bool only(std::string name) {
    return eventually([&] { return answering() == std::set{name}; }, 15);
  }
  bool both() {
    return eventually([&] { return answering() == std::set<std::string>{"one", "two"}; }, 15);
  }

  Rig rig;
  Origin one{"one"};
  Origin two{"two"};
};

TEST_F(RunningChecks, AnInstanceThatAnswers500IsTakenOutAndComesBackWithoutALostRequest) {
  ASSERT_TRUE(rig.start(state_of({checked({&one, &two})})));
  auto worker = rig.worker();
  auto kept = rig.client("/a", true);
  auto fresh = rig.client("/a", false);
  ASSERT_TRUE(both());
  two.set_health(500);
  ASSERT_TRUE(eventually([&] { return rig.unhealthy("a").size() == 1; }, 15));
  EXPECT_TRUE(only("one"));
  EXPECT_THAT(rig.unhealthy("a")[0], HasSubstr("GET /health answered 500, healthy are 200-399"));
  two.set_health(200);
  EXPECT_TRUE(both());
  EXPECT_EQ(kept.stop(), 0U) << kept.first_failure();
  EXPECT_EQ(fresh.stop(), 0U) << fresh.first_failure();
  EXPECT_EQ(rig.worker(), worker);
}

TEST_F(RunningChecks, WithoutAHealthyInstanceTheAnswerIs503) {
  ASSERT_TRUE(rig.start(state_of({checked({&one})})));
  one.set_health(500);
  EXPECT_TRUE(eventually([&] { return rig.get("x", "/a").status == 503; }, 15));
  one.set_health(200);
  EXPECT_TRUE(only("one"));
}

TEST_F(RunningChecks, AnotherCheckCountsFromNowOnWithoutAReload) {
  ASSERT_TRUE(rig.start(state_of({checked({&one, &two})})));
  auto worker = rig.worker();
  auto client = rig.client("/a", true);
  two.set_ready(503);
  ASSERT_TRUE(both());
  auto plan = rig.put(checked({&one, &two}, "/ready"));
  ASSERT_TRUE(plan) << plan.error().what;
  EXPECT_EQ(plan->means(), model::Means::Runtime);
  EXPECT_EQ(model::render_step(plan->steps.at(0)), "check a by GET /ready (200-399)");
  EXPECT_TRUE(only("one"));
  auto quick = checked({&one, &two}, "/health");
  quick.definition.check.interval = 200ms;
  quick.definition.check.fall = 1;
  plan = rig.put(quick);
  ASSERT_TRUE(plan) << plan.error().what;
  EXPECT_EQ(plan->means(), model::Means::Runtime);
  EXPECT_TRUE(both());
  plan = rig.put(with(service("a", {"/a"}), {&one, &two}));
  ASSERT_TRUE(plan) << plan.error().what;
  EXPECT_EQ(plan->means(), model::Means::Runtime);
  EXPECT_EQ(rig.worker(), worker);
  EXPECT_EQ(client.stop(), 0U) << client.first_failure();
}

TEST_F(RunningChecks, AReloadLetsNobodyBackIn) {
  ASSERT_TRUE(rig.start(state_of({checked({&one, &two})})));
  two.set_health(500);
  ASSERT_TRUE(only("one"));
  ASSERT_TRUE(rig.reload(true));
  EXPECT_EQ(answering(), std::set<std::string>{"one"});
}

TEST_F(RunningChecks, WithoutAControlPlaneHealthStaysAsItWas) {
  auto state = state_of({checked({&one, &two})});
  ASSERT_TRUE(rig.start(state));
  two.set_health(500);
  ASSERT_TRUE(only("one"));
  rig.restart_control_plane();
  two.set_health(404);
  EXPECT_EQ(answering(), std::set<std::string>{"one"});
  ASSERT_TRUE(rig.start(state));
  EXPECT_EQ(answering(), std::set<std::string>{"one"}) << "out until a good check";
  two.set_health(200);
  EXPECT_TRUE(both());
}

TEST_F(RunningChecks, OfOneInstanceSayWhatWasWrong) {
  ASSERT_TRUE(rig.start());
  one.set_health(500);
  auto check = model::check_of(checked({}).definition, {});
  auto bad = rig.check(one.instance(), check);
  EXPECT_EQ(bad.error().what, "GET /health answered 500, healthy are 200-399");
  EXPECT_TRUE(rig.check(one.instance(), {})) << "a connection is enough";
  EXPECT_TRUE(rig.check(two.instance(), check));
}

}  // namespace
}  // namespace dfp::haproxy
