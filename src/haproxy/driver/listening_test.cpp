#include "haproxy/listeners/listening.hpp"

#include <gtest/gtest.h>

#include <csignal>

#include "base/testing.hpp"
#include "haproxy/driver/testing/rig.hpp"

/// A worker that does not listen where it should, beside a real HAProxy of which another driver takes care.
/// One that was told to let go ends (HAProxy 2.6): see tests/e2e/test_ports.py.
namespace dfp::haproxy {
namespace {
using namespace std::chrono_literals;
using config::testing::service;
using config::testing::state_of;
using testing::eventually;
using testing::Origin;
using testing::Rig;
using testing::with;

class ListeningTest : public ::testing::Test {
 protected:
  ListeningTest() {
    EXPECT_TRUE(rig.start(state_of({with(service("a", {"/a"}), {&origin})})));
    worker = rig.worker();
  }
  bool serves() const { return rig.get("x", "/a").status == 200; }
  config::BindAddress served() const { return {rig.address, rig.port, false}; }
  config::BindAddress unserved() const {
    return {rig.address, static_cast<std::uint16_t>(rig.port + 1), false};
  }

  /// @return how often listeners were found lost.
  std::uint64_t ensure(std::vector<config::BindAddress> wanted) {
    metrics::Registry registry;
    Counters counters(registry);
    dfp::testing::run([&](Executor executor) -> Task<> {
      BlockingPool pool(1);
      Master master(executor, rig.settings);
      EXPECT_TRUE(master.open_log());
      auto adopted = co_await master.adopt(Deadline::after(5s));
      EXPECT_TRUE(adopted) << adopted.error().what;
      Listening listening(master, pool, counters);
      co_await listening.ensure(std::move(wanted));
    });
    return counters.listener_losses.value();
  }

  Rig rig;
  Origin origin{"one"};
  pid_t worker = 0;
};

TEST_F(ListeningTest, AWorkerThatListensIsLeftAlone) {
  EXPECT_EQ(ensure({served()}), 0U);
  EXPECT_EQ(rig.worker(), worker);
  EXPECT_TRUE(serves());
}

TEST_F(ListeningTest, AWorkerThatListensElsewhereServesOn) {
  EXPECT_EQ(ensure({served(), unserved()}), 1U);
  EXPECT_EQ(rig.worker(), worker);
  EXPECT_TRUE(serves());
}

TEST_F(ListeningTest, AWorkerThatListensNowhereIsReplaced) {
  EXPECT_EQ(ensure({unserved()}), 1U);
  EXPECT_TRUE(eventually([&] { return rig.worker() != worker && serves(); }, 10));
}

}  // namespace
}  // namespace dfp::haproxy
