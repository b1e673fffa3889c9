#include <gtest/gtest.h>

#include <sstream>

#include "haproxy/driver/testing/faulty_socket.hpp"
#include "haproxy/driver/testing/rig.hpp"

/// A command that fails in the middle of a change: afterwards HAProxy serves the old or the new state, never
/// a mix.
namespace dfp::haproxy {
namespace {
using namespace std::chrono_literals;
using config::testing::service;
using testing::eventually;
using testing::FaultySocket;
using testing::Origin;
using testing::Rig;
using testing::with;
using Fault = FaultySocket::Fault;

struct FaultCase {
  const char* name;
  Fault fault;
};
void PrintTo(const FaultCase& c, std::ostream* os) { *os << c.name; }

class Faults : public ::testing::TestWithParam<FaultCase> {
 protected:
  Faults() { rig.settings.spare_backends = 200; }
  /// Two services that swap paths, a new one with a pattern, a colour, one server more and one less.
  model::Change state(bool changed) {
    model::Change change;
    change["s1"] = with(service("s1", {changed ? "/q" : "/p"}), {&one});
    change["s2"] = with(service("s2", {changed ? "/p" : "/q", "/z"}), {&two});
    change["s3"] = with(service("s3", {"/c"}), {changed ? &two : &one});
    change["s3"]->definition.color = changed ? "green" : "blue";
    change["s4"] = with(service("s4", {"/s"}), {changed ? &two : &one});
    change["s5"] = std::nullopt;
    if (changed) change["s5"] = with(service("s5", {"^/r[0-9]"}, {}, model::PathType::Reg), {&one});
    return change;
  }

  std::string picture() {
    std::string all;
    for (auto path : {"/p", "/q", "/z", "/c", "/s", "/r1"}) {
      auto answer = rig.get("x", path);
      all += answer.status == 200 ? answer.body + " " : std::to_string(answer.status) + " ";
    }
    return all;
  }

  static constexpr auto kOld = "one two two one one 503 ";
  static constexpr auto kNew = "two one two two two one ";
  Rig rig;
  Origin one{"one"};
  Origin two{"two"};
};

TEST_P(Faults, AtEveryStepLeaveOldOrNewNeverAMix) {
  ASSERT_TRUE(rig.start());
  FaultySocket socket(rig.settings.run_dir / "haproxy.sock");  // before the driver opens its session
  ASSERT_TRUE(rig.apply(state(false)));
  ASSERT_EQ(picture(), kOld);
  auto worker = rig.worker();
  int step = 0;
  for (bool fired = true; fired; ++step) {
    socket.arm(GetParam().fault, step);
    auto plan = rig.apply(state(true));
    fired = socket.fired();
    auto wanted = plan ? kNew : kOld;
    EXPECT_EQ(picture(), wanted) << "step " << step << ": " << (plan ? "applied" : plan.error().what);
    EXPECT_EQ(rig.applied().services.contains("s5"), plan.has_value());
    auto back = rig.apply(state(false));
    ASSERT_TRUE(back) << "step " << step << ": " << back.error().what;
    ASSERT_EQ(picture(), kOld) << "step " << step;
  }
  EXPECT_GT(step, 15);
  EXPECT_EQ(rig.worker(), worker) << "put right without a reload";
}

TEST_P(Faults, ThatGoOnEndInAReload) {
  ASSERT_TRUE(rig.start());
  FaultySocket socket(rig.settings.run_dir / "haproxy.sock");
  ASSERT_TRUE(rig.apply(state(false)));
  auto worker = rig.worker();
  socket.arm(GetParam().fault, 7, 1000);
  auto plan = rig.apply(state(true));
  ASSERT_TRUE(plan) << plan.error().what;
  EXPECT_EQ(plan->means(), model::Means::Reload);
  EXPECT_TRUE(plan->reason().starts_with("the runtime change failed: ")) << plan->reason();
  EXPECT_NE(rig.worker(), worker);
  EXPECT_EQ(picture(), kNew);
}

INSTANTIATE_TEST_SUITE_P(Kinds, Faults,
                         ::testing::Values(FaultCase{"LostBefore", Fault::LostBefore},
                                           FaultCase{"LostAfter", Fault::LostAfter},
                                           FaultCase{"Refused", Fault::Refused}),
                         [](const auto& info) { return std::string(info.param.name); });

/// As when the answer to a deletion in the background was lost.
TEST(LostDeletions, AServerThatComesBackIsAddedWithoutAReload) {
  Rig rig;
  Origin one{"one"};
  Origin two{"two"};
  ASSERT_TRUE(rig.start());
  ASSERT_TRUE(rig.put(with(service("a", {"/a"}), {&one, &two})));
  auto worker = rig.worker();
  ASSERT_TRUE(rig.put(with(service("a", {"/a"}), {&one})));
  auto rows = rig.ask("show servers state");
  std::istringstream row(rows.substr(rows.rfind('\n', rows.find(" node_two")) + 1));
  std::string backend_id, backend, server_id, name;
  row >> backend_id >> backend >> server_id >> name;
  auto server = backend + "/" + name;
  rig.ask("set server " + server + " state maint");
  rig.ask("del server " + server);
  auto plan = rig.put(with(service("a", {"/a"}), {&one, &two}));
  ASSERT_TRUE(plan) << plan.error().what;
  EXPECT_EQ(plan->means(), model::Means::Runtime);
  EXPECT_EQ(rig.worker(), worker);
  EXPECT_TRUE(eventually([&] { return rig.get("x", "/a").body == "two"; }, 2));
}

/// Damage and a look at it are one request: the repair may come at any moment after.
class Drift : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(rig.start());
    ASSERT_TRUE(rig.put(with(service("a", {"/a"}), {&one})));
    ASSERT_TRUE(rig.put(with(service("b", {"/b"}, {}, model::PathType::End), {&one})));
    auto backends = rig.ask("show map backends.map");
    backend = backends.substr(backends.find(" a ") + 3);
    backend = backend.substr(0, backend.find('\n'));
    auto servers = rig.ask("show servers state " + backend);
    server = backend + "/" +
             servers.substr(servers.find("node_one"),
                            servers.find(' ', servers.find("node_one")) - servers.find("node_one"));
  }
  bool heals() {
    return eventually([&] { return rig.get("x", "/a").body == "one" && rig.get("x", "/b").body == "one"; },
                      8);
  }
  Rig rig;
  Origin one{"one"};
  std::string backend;
  std::string server;
};

TEST_F(Drift, ADeletedRouteComesBack) {
  EXPECT_FALSE(rig.ask_together("del map routes.map /a", "show map routes.map").contains(" /a a"));
  EXPECT_TRUE(heals());
  EXPECT_TRUE(rig.ask("show map routes.map").contains(" /a a"));
}

TEST_F(Drift, AWrongRouteIsPutRight) {
  rig.ask("set map routes.map /a b");
  rig.ask("add map routes.map /stray b");
  EXPECT_TRUE(eventually([&] { return rig.ask("show map routes.map").contains("/a a"); }, 8));
  EXPECT_TRUE(eventually([&] { return !rig.ask("show map routes.map").contains("stray"); }, 8));
}

TEST_F(Drift, AClearedPatternMapIsFilledAgain) {
  ASSERT_TRUE(rig.ask("show map patterns.map").contains(" b"));
  EXPECT_FALSE(rig.ask_together("clear map patterns.map", "show map patterns.map").contains(" b"));
  EXPECT_TRUE(heals());
}

TEST_F(Drift, AServerInMaintenanceServesAgain) {
  EXPECT_TRUE(rig.ask_together("set server " + server + " state maint", "show stat").contains("MAINT"));
  EXPECT_TRUE(heals());
}

TEST_F(Drift, AMovedServerIsBroughtBackAndAStrayOneDeleted) {
  rig.ask("set server " + server + " addr 127.0.0.1 port 1");
  rig.ask("add server " + backend + "/stray 127.0.0.1:1");
  EXPECT_TRUE(heals());
  EXPECT_TRUE(eventually([&] { return !rig.ask("show servers state").contains("stray"); }, 8));
}

TEST_F(Drift, ReloadsByOthersLoseNothing) {
  auto worker = rig.worker();
  rig.ask_master("reload");
  ASSERT_TRUE(eventually([&] { return rig.worker() != worker; }));
  ASSERT_TRUE(rig.put(with(service("c", {"/c"}), {&one})));
  EXPECT_TRUE(eventually([&] { return rig.get("x", "/c").body == "one"; }, 8));
  EXPECT_TRUE(heals());
  ASSERT_TRUE(rig.remove("a"));
  EXPECT_EQ(rig.get("x", "/a").status, 503);
}

}  // namespace
}  // namespace dfp::haproxy
