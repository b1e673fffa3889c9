#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "haproxy/driver/testing/rig.hpp"

/// The control plane is killed with -9 and comes back.
namespace dfp::haproxy {
namespace {
using namespace std::chrono_literals;
using config::testing::instance;
using config::testing::service;
using config::testing::state_of;
using testing::eventually;
using testing::Origin;
using testing::Rig;
using testing::with;

/// A control plane in a process of its own, which makes changes for ever.
pid_t fork_control_plane(const Rig& like, const model::DesiredState& state, const model::Service& restless) {
  auto pid = ::fork();
  if (pid != 0) return pid;
  Rig* rig = new Rig(like.settings);  // never destroyed: it dies as it is
  bool good = rig->start(state).has_value();
  for (int i = 0; good; ++i) {
    auto s = restless;
    s.definition.paths.push_back("/r" + std::to_string(i % 3));
    good = rig->put(s).has_value();
  }
  ::_exit(1);
}

TEST(Adoption, AfterKillNineTheWorkerGoesOnAndIsTakenOverWithoutAReload) {
  Rig rig;
  auto state = state_of({service("a", {"/a"}), service("b", {"/b"})});
  // The child must be forked before this process has threads; the origins get their ports beforehand.
  Origin::Reserved one_port;
  state.services["a"].instances = {instance("node", "one", "127.0.0.1", one_port.port())};
  auto child = fork_control_plane(rig, state, service("restless", {"/restless"}));
  Origin one("one", one_port);
  ASSERT_TRUE(eventually([&] { return rig.get("x", "/a").body == "one"; }, 10));
  auto worker = rig.worker();
  auto keep_alive = rig.client("/a", true);
  auto fresh = rig.client("/a", false);
  std::this_thread::sleep_for(300ms);

  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(rig.get("x", "/a").body, "one");

  state.services.erase("b");
  state.services["c"] = with(service("c", {"/c"}), {&one});  // changed while nobody was there
  auto started = rig.start(state);
  ASSERT_TRUE(started) << started.error().what;
  EXPECT_EQ(rig.worker(), worker);
  EXPECT_EQ(rig.get("x", "/c").body, "one");
  EXPECT_EQ(rig.get("x", "/restless").body, rig.get("x", "/none").body);
  EXPECT_EQ(keep_alive.stop(), 0U) << keep_alive.first_failure();
  EXPECT_EQ(fresh.stop(), 0U) << fresh.first_failure();
  EXPECT_GT(keep_alive.answered(), 100U);
}

TEST(Adoption, OtherSettingsNeedAReloadThatLosesNothing) {
  Rig rig;
  Origin one("one");
  auto state = state_of({with(service("a", {"/a"}), {&one})});
  ASSERT_TRUE(rig.start(state));
  auto worker = rig.worker();
  auto client = rig.client("/a", true);
  rig.restart_control_plane();
  rig.settings.timeouts.server = 7s;
  ASSERT_TRUE(rig.start(state));
  EXPECT_NE(rig.worker(), worker);
  EXPECT_TRUE(rig.config().contains("timeout server 7000ms"));
  EXPECT_EQ(client.stop(), 0U) << client.first_failure();
}

TEST(Adoption, ASecondControlPlaneOnTheSameDirectoryIsRefused) {
  Rig rig;
  ASSERT_TRUE(rig.start());
  Rig other(rig.settings);
  auto started = other.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errc::Conflict);
}

}  // namespace
}  // namespace dfp::haproxy
