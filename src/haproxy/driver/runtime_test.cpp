#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>

#include "base/file.hpp"
#include "haproxy/driver/testing/rig.hpp"
#include "haproxy/process/program.hpp"

/// Changes without a reload, on a real HAProxy.
namespace dfp::haproxy {
namespace {
using namespace std::chrono_literals;
using config::testing::service;
using config::testing::state_of;
using testing::eventually;
using testing::Origin;
using testing::Rig;
using testing::with;

class Runtime : public ::testing::Test {
 protected:
  /// The plan's means, after applying; also checks that no worker was replaced.
  model::Means put(model::Service s) {
    auto planned = rig.plan({{s.definition.service, s}});
    auto plan = rig.put(s);
    EXPECT_TRUE(plan) << plan.error().what;
    if (!plan) return model::Means::Nothing;
    EXPECT_LE(plan->means(), planned.means());  // less when a spare backend came free in between
    return plan->means();
  }
  /// Whether the installed HAProxy can add backends at run time.
  static bool makes_backends() {
    std::string line(200, '\0');
    std::unique_ptr<FILE, int (*)(FILE*)> output(::popen("haproxy -v", "r"), ::pclose);
    if (!output || !std::fgets(line.data(), static_cast<int>(line.size()), output.get())) return false;
    auto version = process::parse_version(line);
    return version && version->at_least(3, 4);
  }
  std::string get(const std::string& path, const std::string& host = "x") { return rig.get(host, path).body; }

  Rig rig;
  Origin one{"one"};
  Origin two{"two"};
};

TEST_F(Runtime, AnOrdinaryDayNeedsNoReload) {
  ASSERT_TRUE(rig.start());
  auto worker = rig.worker();
  auto s = with(service("a", {"/a"}), {&one});
  EXPECT_EQ(put(s), model::Means::Runtime);
  EXPECT_EQ(get("/a"), "one");
  EXPECT_EQ(put(s), model::Means::Nothing);

  EXPECT_EQ(put(with(service("a", {"/a"}), {&one, &two})), model::Means::Runtime);
  EXPECT_NE(get("/a"), get("/a"));  // round robin
  EXPECT_EQ(put(with(service("a", {"/a"}), {&two})), model::Means::Runtime);
  EXPECT_EQ(get("/a"), "two");
  EXPECT_EQ(get("/a"), "two");

  EXPECT_EQ(put(with(service("a", {"/b", "/c"}, {"acme.com", "*.acme.com"}), {&two})), model::Means::Runtime);
  EXPECT_EQ(get("/c", "x.acme.com"), "two");
  EXPECT_EQ(rig.get("x", "/a").status, 503);

  auto green = with(service("a", {"/b"}, {"acme.com"}), {&one});
  green.definition.color = "green";
  EXPECT_EQ(put(green), model::Means::Runtime);
  EXPECT_EQ(get("/b", "acme.com"), "one");

  auto pattern = with(service("p", {"^/v[0-9]+/"}, {}, model::PathType::Reg), {&two});
  EXPECT_EQ(put(pattern), model::Means::Runtime);
  EXPECT_EQ(get("/v12/x"), "two");
  pattern.definition.paths = {"^/w[0-9]+/"};
  EXPECT_EQ(put(pattern), model::Means::Runtime);
  EXPECT_EQ(rig.get("x", "/v12/x").status, 503);
  EXPECT_EQ(get("/w1/"), "two");

  ASSERT_TRUE(rig.remove("a"));
  ASSERT_TRUE(rig.remove("p"));
  EXPECT_EQ(rig.get("acme.com", "/b").status, 503);
  EXPECT_EQ(rig.get("x", "/w1/").status, 503);
  EXPECT_EQ(rig.worker(), worker);
}

TEST_F(Runtime, WeightsShareTheRequests) {
  ASSERT_TRUE(rig.start());
  auto s = with(service("a", {"/a"}), {&one, &two});
  put(s);
  s.instances[0].weight = 3;
  EXPECT_EQ(put(s), model::Means::Runtime);
  auto before = one.requests();
  for (int i = 0; i < 40; ++i) get("/a");
  EXPECT_EQ(one.requests() - before, 30U);
}

TEST_F(Runtime, AServerAddedAtRunTimeKeepsIdleConnectionsAsOneOfTheFileDoes) {
  ASSERT_TRUE(rig.start(state_of({with(service("file", {"/file"}), {&one})})));
  put(with(service("later", {"/later"}), {&two}));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get("/file") + get("/later"), "onetwo");
  std::map<std::string, std::string> pools;
  std::istringstream lines(rig.ask("show servers conn"));
  std::vector<std::string> head;  // "# bkname/svname bkid/svid addr port - purge_delay ... idle_lim ..."
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::vector<std::string> row{std::istream_iterator<std::string>(words), {}};
    if (line.starts_with("# ")) head.assign(row.begin() + 1, row.end());
    for (auto name : {"node_one", "node_two"})
      if (!row.empty() && row[0].contains(name))
        for (std::size_t i = 0; i < std::min(head.size(), row.size()); ++i)
          if (head[i] == "purge_delay" || head[i] == "idle_lim") pools[name] += head[i] + "=" + row[i] + " ";
  }
  EXPECT_EQ(pools["node_two"], pools["node_one"]);
  EXPECT_EQ(pools["node_two"], "purge_delay=5000 idle_lim=-1 ");
}

TEST_F(Runtime, ARemovedServerIsDeletedAndItsBackendUsedAgain) {
  rig.settings.spare_backends = 1;
  ASSERT_TRUE(rig.start());
  auto worker = rig.worker();
  for (int i = 0; i < 5; ++i) {
    auto name = "s" + std::to_string(i);
    ASSERT_EQ(put(with(service(name, {"/" + name}), {&one})), model::Means::Runtime) << i;
    EXPECT_EQ(get("/" + name), "one");
    ASSERT_TRUE(rig.remove(name));
    ASSERT_TRUE(eventually([&] { return !rig.ask("show servers state").contains("node_one"); }));
  }
  EXPECT_EQ(rig.worker(), worker);
}

TEST_F(Runtime, AServerThatComesBackWhileItLeavesServesAgain) {
  ASSERT_TRUE(rig.start());
  one.set_delay(400ms);  // its connection keeps it from being deleted
  put(with(service("a", {"/a"}), {&one, &two}));
  std::thread asking([&] {
    while (get("/a") != "one") {
    }
  });
  ASSERT_TRUE(eventually([&] { return one.requests() == 1; }));
  put(with(service("a", {"/a"}), {&two}));
  put(with(service("a", {"/a"}), {&one}));
  asking.join();
  one.set_delay(0ms);
  EXPECT_EQ(get("/a"), "one");
  std::this_thread::sleep_for(500ms);
  EXPECT_EQ(get("/a"), "one");
}

TEST_F(Runtime, FromHaproxy34OnServicesNeedNoSpareBackends) {
  if (!makes_backends()) GTEST_SKIP() << "this HAProxy is older than 3.4: it cannot add backends at run time";
  ASSERT_TRUE(rig.start());
  auto worker = rig.worker();
  EXPECT_FALSE(rig.ask("show backend").contains("spare"));
  for (int i = 0; i < 300; ++i)
    ASSERT_EQ(put(service("s" + std::to_string(i), {"/s" + std::to_string(i)})), model::Means::Runtime) << i;
  EXPECT_EQ(put(with(service("a", {"/a"}), {&one})), model::Means::Runtime);
  EXPECT_EQ(get("/a"), "one");
  EXPECT_TRUE(rig.ask("show backend").contains("svc:a"));
  ASSERT_TRUE(rig.remove("a"));
  EXPECT_TRUE(eventually([&] { return !rig.ask("show backend").contains("svc:a"); })) << "it was deleted";
  EXPECT_EQ(put(with(service("a", {"/a"}), {&two})), model::Means::Runtime);
  EXPECT_EQ(get("/a"), "two");
  EXPECT_EQ(rig.worker(), worker);
}

TEST_F(Runtime, WithoutASpareBackendItReloadsAndSaysWhy) {
  if (makes_backends()) GTEST_SKIP() << "this HAProxy adds backends at run time and has no spare ones";
  rig.settings.spare_backends = 0;
  ASSERT_TRUE(rig.start());
  auto worker = rig.worker();
  auto plan = rig.put(with(service("a", {"/a"}), {&one}));
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->means(), model::Means::Reload);
  EXPECT_EQ(plan->reason(), "no spare backend is left for a new service or colour");
  EXPECT_NE(rig.worker(), worker);
  EXPECT_EQ(get("/a"), "one");
}

TEST_F(Runtime, SparesAreRefilledWithoutAnybodyWaiting) {
  if (makes_backends()) GTEST_SKIP() << "this HAProxy adds backends at run time and has no spare ones";
  rig.settings.spare_backends = 4;
  ASSERT_TRUE(rig.start());
  auto worker = rig.worker();
  for (auto name : {"a", "b", "c", "d"})
    EXPECT_EQ(put(service(name, {std::string("/") + name})), model::Means::Runtime);
  EXPECT_TRUE(eventually([&] { return rig.worker() != worker; }));
  EXPECT_TRUE(eventually([&] {
    auto plan = rig.plan({{"e", service("e", {"/e"})}});
    return plan.means() == model::Means::Runtime;
  }));
  EXPECT_TRUE(rig.ask("show backend").contains("svc:d"));  // real names now
}

TEST_F(Runtime, FilesFollowWithin200Milliseconds) {
  ASSERT_TRUE(rig.start());
  put(with(service("a", {"/a"}, {"acme.com"}), {&one}));
  auto written = [&](const char* name) {
    return file::read(rig.settings.run_dir / "current" / name).value_or("");
  };
  EXPECT_TRUE(eventually([&] { return written("routes.map").contains("acme.com/a a"); }, 0.3));
  EXPECT_TRUE(written("haproxy.cfg").contains("backend svc:a "));
  EXPECT_TRUE(written("haproxy.cfg").contains("127.0.0.1:" + std::to_string(one.port())));
  auto check =
      "haproxy -c -f " + (rig.settings.run_dir / "current/haproxy.cfg").string() + " > /dev/null 2>&1";
  EXPECT_EQ(std::system(check.c_str()), 0);
}

TEST_F(Runtime, AChangeOfSeveralRoutesAndServicesIsAtomicForClients) {
  rig.settings.threads = 2;
  auto state = [&](bool swapped) {
    model::Change change;
    change["s1"] = with(service("s1", {swapped ? "/q" : "/p", "/1"}), {&one});
    change["s2"] = with(service("s2", {swapped ? "/p" : "/q", "/2"}), {&two});
    return change;
  };
  ASSERT_TRUE(rig.start());
  ASSERT_TRUE(rig.apply(state(false)));
  // Two requests one after the other, with at most one change beside them: when the first shows the new
  // state, the second must show it too.
  std::atomic<bool> stopping = false;
  std::atomic<int> begun = 0;
  std::atomic<int> done = 0;
  int pairs = 0;
  int beside_a_change = 0;
  int mixed = 0;
  int failed = 0;
  std::thread client([&] {
    while (!stopping) {
      int before = done;
      auto p = get("/p");
      auto q = get("/q");
      ++pairs;
      if (p.size() != 3 || q.size() != 3) ++failed;
      if (begun > before + 1) continue;
      if (begun > before) ++beside_a_change;
      bool new_is_swapped = (before + 1) % 2 == 1;
      bool p_is_new = (p == "two") == new_is_swapped;
      bool q_is_new = (q == "one") == new_is_swapped;
      if (p_is_new && !q_is_new) ++mixed;
    }
  });
  for (int i = 1; i <= 200; ++i) {
    ++begun;
    auto plan = rig.apply(state(i % 2 == 1));
    ++done;
    ASSERT_TRUE(plan) << plan.error().what;
    ASSERT_EQ(plan->means(), model::Means::Runtime);
    EXPECT_EQ(get("/p"), i % 2 == 1 ? "two" : "one");
  }
  stopping = true;
  client.join();
  EXPECT_EQ(mixed, 0);
  EXPECT_EQ(failed, 0);
  EXPECT_GT(beside_a_change, 20) << "of " << pairs;
}

TEST_F(Runtime, ColoursSwitchUnderLoadWithoutALostRequest) {
  ASSERT_TRUE(rig.start());
  auto colored = [&](const std::string& color) {
    auto s = with(service("a", {"/a"}), {color == "blue" ? &one : &two});
    s.definition.color = color;
    return s;
  };
  put(colored("blue"));
  auto keep_alive = rig.client("/a", true);
  auto fresh = rig.client("/a", false);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(put(colored(i % 2 == 0 ? "green" : "blue")), model::Means::Runtime);
    EXPECT_EQ(get("/a"), i % 2 == 0 ? "two" : "one");
    std::this_thread::sleep_for(30ms);
  }
  EXPECT_EQ(keep_alive.stop(), 0U) << keep_alive.first_failure();
  EXPECT_EQ(fresh.stop(), 0U) << fresh.first_failure();
}

TEST_F(Runtime, ScalingUnderLoadLosesNoRequest) {
  ASSERT_TRUE(rig.start());
  put(with(service("a", {"/a"}), {&one}));
  auto keep_alive = rig.client("/a", true);
  auto fresh = rig.client("/a", false);
  for (int i = 0; i < 50; ++i) {
    put(with(service("a", {"/a"}), {&one, &two}));
    put(with(service("a", {"/a"}), {i % 2 == 0 ? &one : &two}));
    auto other = "o" + std::to_string(i);
    put(with(service(other, {"/" + other, "/a/" + other}), {&two}));
    EXPECT_EQ(get("/a/" + other), "two");
    ASSERT_TRUE(rig.remove(other));
  }
  EXPECT_EQ(keep_alive.stop(), 0U) << keep_alive.first_failure();
  EXPECT_EQ(fresh.stop(), 0U) << fresh.first_failure();
}

}  // namespace
}  // namespace dfp::haproxy
