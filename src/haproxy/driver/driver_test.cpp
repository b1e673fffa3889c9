#include "haproxy/driver/driver.hpp"

#include <gtest/gtest.h>

#include <csignal>

#include "haproxy/driver/testing/rig.hpp"
#include "haproxy/process/process_handle.hpp"

/// The driver with a real HAProxy.
namespace dfp::haproxy {
namespace {
using namespace std::chrono_literals;
using config::testing::instance;
using config::testing::service;
using config::testing::state_of;
using testing::Answer;
using testing::eventually;
using testing::Origin;
using testing::Rig;
using testing::with;

/// A process that has ended may still wait for being reaped by its parent.
bool is_running(pid_t pid) {
  boost::asio::io_context context;
  auto process = process::ProcessHandle::open(context.get_executor(), pid);
  return process && !(*process)->ended();
}

TEST(Driver, ServesRoutesAndRefusesTheRest) {
  Rig rig;
  Origin one("one");
  auto started = rig.start(state_of({with(service("go-demo", {"/demo"}), {&one})}));
  ASSERT_TRUE(started) << started.error().what;
  EXPECT_EQ(rig.get("any", "/demo/hello").body, "one");
  EXPECT_EQ(rig.get("any", "/other").status, 503);
  EXPECT_EQ(rig.get("a/b", "/demo").status, 400);
}

TEST(Driver, AppliesChangesAndRemovals) {
  Rig rig;
  Origin one("one");
  Origin two("two");
  ASSERT_TRUE(rig.start());
  EXPECT_EQ(rig.get("x", "/a").status, 503);
  auto plan = rig.put(with(service("a", {"/a"}), {&one}));
  ASSERT_TRUE(plan) << plan.error().what;
  EXPECT_EQ(rig.get("x", "/a").body, "one");
  ASSERT_TRUE(rig.put(with(service("a", {"/b"}, {"acme.com"}), {&two})));
  EXPECT_EQ(rig.get("x", "/b").status, 503);
  EXPECT_EQ(rig.get("ACME.com:80", "/b").body, "two");
  EXPECT_EQ(rig.get("acme.com.evil.net", "/b").status, 503);
  ASSERT_TRUE(rig.remove("a"));
  EXPECT_EQ(rig.get("acme.com", "/b").status, 503);
  EXPECT_TRUE(rig.applied().services.empty());
}

TEST(Driver, AServiceWithoutInstancesAnswers503) {
  Rig rig;
  ASSERT_TRUE(rig.start(state_of({service("a", {"/a"})})));
  EXPECT_EQ(rig.get("x", "/a").status, 503);
}

TEST(Driver, RefusesABadPatternAndChangesNothing) {
  Rig rig;
  Origin one("one");
  ASSERT_TRUE(rig.start(state_of({with(service("a", {"/a"}), {&one})})));
  auto plan = rig.put(service("bad", {"("}, {}, model::PathType::Reg));
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, Errc::InvalidArgument);
  EXPECT_TRUE(plan.error().what.contains("service bad")) << plan.error().what;
  EXPECT_EQ(rig.applied().services.size(), 1U);
  EXPECT_EQ(rig.get("x", "/a").body, "one");
}

TEST(Driver, RefusesToStartOnATakenPort) {
  Rig first;
  ASSERT_TRUE(first.start());
  Rig second;
  second.settings.http = first.settings.http;
  auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errc::Conflict);
  EXPECT_TRUE(started.error().what.contains("8000")) << started.error().what;
}

TEST(Driver, LosesNoRequestDuringReloads) {
  Rig rig;
  Origin one("one");
  ASSERT_TRUE(rig.start(state_of({with(service("a", {"/a"}), {&one})})));
  auto idle = rig.client("/a", true);
  auto busy = rig.client("/a", false);
  auto worker = rig.worker();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(rig.reload(i % 2 == 0));
  EXPECT_NE(rig.worker(), worker);
  EXPECT_EQ(idle.stop(), 0U) << idle.first_failure();
  EXPECT_EQ(busy.stop(), 0U) << busy.first_failure();
  EXPECT_GT(idle.answered(), 10U);
}

struct Victim {
  const char* name;
  pid_t (Rig::*pid)();
};
class Death : public ::testing::TestWithParam<Victim> {};

TEST_P(Death, IsHealedWithTheSameRoutes) {
  Rig rig;
  Origin one("one");
  ASSERT_TRUE(rig.start());
  ASSERT_TRUE(rig.put(with(service("a", {"/a"}), {&one})));
  auto old_worker = rig.worker();
  auto victim = (rig.*GetParam().pid)();
  ASSERT_GT(victim, 1);
  ::kill(victim, SIGKILL);
  auto begin = Clock::now();
  EXPECT_TRUE(eventually(
      [&] { return rig.worker() != 0 && rig.worker() != old_worker && rig.get("x", "/a").body == "one"; }));
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(1));
  EXPECT_FALSE(is_running(old_worker));
}

INSTANTIATE_TEST_SUITE_P(Of, Death,
                         ::testing::Values(Victim{"Worker", &Rig::worker}, Victim{"Master", &Rig::master}),
                         [](const auto& info) { return info.param.name; });

TEST(Driver, TakesARunningHaproxyOver) {
  Rig rig;
  Origin one("one");
  ASSERT_TRUE(rig.start(state_of({with(service("a", {"/a"}), {&one})})));
  auto master = rig.master();
  auto traffic = rig.client("/a", true);
  rig.restart_control_plane();
  EXPECT_EQ(rig.get("x", "/a").body, "one");
  ASSERT_TRUE(rig.start(state_of({with(service("a", {"/a"}), {&one}), with(service("b", {"/b"}), {&one})})));
  EXPECT_EQ(rig.master(), master);
  EXPECT_EQ(rig.get("x", "/b").body, "one");
  EXPECT_EQ(traffic.stop(), 0U) << traffic.first_failure();
}

TEST(Driver, StopLetsARequestInFlightFinish) {
  Rig rig;
  Origin slow("slow");
  slow.set_delay(std::chrono::milliseconds(500));
  ASSERT_TRUE(rig.start(state_of({with(service("a", {"/a"}), {&slow})})));
  Answer answer;
  std::thread asking([&] { answer = rig.get("x", "/a"); });
  ASSERT_TRUE(eventually([&] { return slow.requests() == 1; }));
  auto master = rig.master();
  rig.stop();
  asking.join();
  EXPECT_EQ(answer.status, 200);
  EXPECT_FALSE(is_running(master));
}

}  // namespace
}  // namespace dfp::haproxy
