#include "haproxy/state/drift.hpp"

#include <gtest/gtest.h>

#include "haproxy/config/testing.hpp"

namespace dfp::haproxy {
namespace {
using config::testing::instance;
using config::testing::service;

class Repairs : public ::testing::Test {
 protected:
  Repairs() : applied_state(settings) {
    auto a = service("a", {"/a", "/a/b"}, {"*.acme.com"});
    a.instances = {instance("n", "1", "10.0.0.1", 80)};
    EXPECT_TRUE(
        applied_state.change({{"a", a}, {"p", service("p", {".png"}, {}, model::PathType::End)}}, {}));
    backend_pool.reset(applied_state.file_names(), 1);
    const auto& server = applied_state.backends().at("a").servers[0];
    live.routes = {{"acme.com*/a", "a"}, {"acme.com*/a/b", "a"}};
    live.backends = {{"a", "svc:a"}, {"p", "svc:p"}};
    live.patterns = pattern_entries(applied_state.routes());
    live.flags = "2p";
    live.servers = {{"svc:a", server.name, "10.0.0.1", 80, 1, true, false, false, true}};
    live.backend_names = {"dfp:no-route", "svc:a", "svc:p", "spare:http-rr:00001"};
    name = "svc:a/" + server.name;
  }

  std::vector<std::string> commands(Unfinished unfinished = Unfinished::Undo) {
    repair = make_repair(live, applied_state, backend_pool, settings, unfinished);
    std::vector<std::string> lines;
    for (const auto& command : repair.commands) lines.push_back(command.patterns ? "patterns" : command.text);
    return lines;
  }

  using Lines = std::vector<std::string>;
  Settings settings;
  AppliedState applied_state;
  BackendPool backend_pool;
  LiveState live;
  Repair repair;
  std::string name;
};

TEST_F(Repairs, NothingForAWorkerThatIsAsItShouldBe) {
  EXPECT_EQ(commands(), Lines{});
  EXPECT_TRUE(repair.found.empty());
}

TEST_F(Repairs, TheNewWorkerStaysWhereOldOnesFindIt) {
  live.servers.push_back({"dfp:hand-over-http", "new", "", 0, 1, true, false, false, false});
  live.servers.push_back({"dfp:hand-over-to:own", "new", "", 0, 1, true, false, false, false});
  EXPECT_EQ(commands(), Lines{});
  EXPECT_TRUE(repair.found.empty());
}

TEST_F(Repairs, ServersOfATemplateAreItsOwnBusiness) {
  auto t = service("t", {});
  t.rendered = "backend t-be\n  server s 10.0.0.1:80\n";
  ASSERT_TRUE(applied_state.change({{"t", t}}, {}));
  backend_pool.reset(applied_state.file_names(), 1);
  live.backends.push_back({"t", "svc:t"});
  live.servers.push_back({"t-be", "s", "10.0.0.1", 80, 1, true, false, false, false});
  EXPECT_EQ(commands(), Lines{});
  EXPECT_TRUE(repair.found.empty());
}

TEST_F(Repairs, MapsAreBroughtBackEntryByEntry) {
  live.routes = {{"acme.com*/a", "wrong"}, {"/stray", "a"}, {"acme.com*/a/b", "a"}, {"acme.com*/a/b", "a"}};
  EXPECT_EQ(commands(), (Lines{"set map routes.map acme.com*/a a", "del map routes.map acme.com*/a/b",
                               "add map routes.map acme.com*/a/b a", "del map routes.map /stray"}));
  EXPECT_EQ(repair.found.size(), 3U);
}

TEST_F(Repairs, AnUnfinishedChangeIsUndoneWithTheFlagTakenAwayFirst) {
  live.routes[1].value = "a|b";
  live.flags = "2cp";
  EXPECT_EQ(commands(Unfinished::Undo),
            (Lines{"set map flags.map flags 2p", "set map routes.map acme.com*/a/b a"}));
}

TEST_F(Repairs, AnUnfinishedChangeIsCompletedWithTheFlagSetFirst) {
  live.routes[1].value = "b|a";
  live.routes.push_back({"/gone", "a|-"});
  EXPECT_EQ(commands(Unfinished::Complete),
            (Lines{"set map flags.map flags 2cp", "set map routes.map acme.com*/a/b a",
                   "del map routes.map /gone", "set map flags.map flags 2p"}));
}

TEST_F(Repairs, ServersAreBroughtBack) {
  live.servers[0].maintenance = true;
  live.servers[0].weight = 7;
  live.servers[0].port = 81;
  live.servers[0].checked = false;
  EXPECT_EQ(commands(),
            (Lines{"set server " + name + " addr 10.0.0.1 port 80", "set server " + name + " weight 1",
                   "set server " + name + " state ready", "enable health " + name}));
}

TEST_F(Repairs, StrayServersLeave) {
  live.servers.push_back({"svc:a", "stray", "10.0.0.9", 80, 1, true, false, false, false});
  live.servers.push_back({"spare:http-rr:00001", "lost", "10.0.0.9", 80, 1, true, false, false, false});
  EXPECT_EQ(commands(),
            (Lines{"set server svc:a/stray state maint", "set server spare:http-rr:00001/lost state maint"}));
  EXPECT_EQ(repair.leave.size(), 2U);
}

TEST_F(Repairs, ALeavingServerIsLeftAlone) {
  backend_pool.leave("svc:a", "old", Clock::now());
  live.servers.push_back({"svc:a", "old", "10.0.0.9", 80, 1, true, true, false, false});
  EXPECT_EQ(commands(), Lines{});
}

TEST_F(Repairs, AdoptionFindsServicesInTheBackendsThatServeThem) {
  live.backends = {{"a", "spare:http-rr:00001"}, {"unknown", "svc:p"}};
  ASSERT_TRUE(adopt_bindings(live, applied_state, backend_pool));
  EXPECT_EQ(*backend_pool.backend_of("a"), "spare:http-rr:00001");
  EXPECT_EQ(*backend_pool.backend_of("p"), "svc:p");
  EXPECT_EQ(backend_pool.free_count(), 0U);
}

TEST_F(Repairs, AdoptionFailsWithTooFewBackends) {
  live.backends.clear();
  live.backend_names = {"spare:http-rr:00001"};
  EXPECT_FALSE(adopt_bindings(live, applied_state, backend_pool));
}

}  // namespace
}  // namespace dfp::haproxy
