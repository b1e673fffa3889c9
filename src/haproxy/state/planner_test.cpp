#include "haproxy/state/planner.hpp"

#include <gtest/gtest.h>

#include "haproxy/config/testing.hpp"

namespace dfp::haproxy {
namespace {
using config::testing::instance;
using config::testing::service;

class Planning : public ::testing::Test {
 protected:
  Planning() : applied_state(settings) {
    known = service("a", {"/a"});
    known.instances = {instance("n", "1", "10.0.0.1", 80)};
    EXPECT_TRUE(applied_state.change({{"a", known}}, {}));
    backend_pool.reset(applied_state.file_names(), 1);
  }
  std::vector<std::string> steps(const model::Change& change) {
    plan = plan_change(applied_state, change, {}, {{3, false}, backend_pool});
    std::vector<std::string> lines;
    for (const auto& step : plan.steps) lines.push_back(model::render_step(step));
    return lines;
  }
  using Lines = std::vector<std::string>;

  Settings settings;
  AppliedState applied_state;
  BackendPool backend_pool;
  model::Service known;
  model::Plan plan;
};

TEST_F(Planning, NothingForAnEqualService) {
  known.revision = 7;
  EXPECT_EQ(steps({{"a", known}, {"unknown", std::nullopt}}), Lines{});
  EXPECT_EQ(plan.means(), model::Means::Nothing);
}

TEST_F(Planning, NamesServersAndRoutesThatDiffer) {
  known.instances = {instance("n", "2", "10.0.0.2", 80)};
  known.definition.paths = {"/b"};
  known.definition.domains = {"acme.com"};
  EXPECT_EQ(steps({{"a", known}}), (Lines{"add server 10.0.0.2:80 to a", "remove server 10.0.0.1:80 from a",
                                          "add route acme.com/b -> a", "remove route */a -> a"}));
  EXPECT_EQ(plan.means(), model::Means::Runtime);
}

TEST_F(Planning, SaysWhatBecomesOfDestinations) {
  known.definition.others[2].paths = {"/b"};
  EXPECT_EQ(steps({{"a", known}}),
            (Lines{"add destination 2 of a", "add server 10.0.0.1:80 to destination 2 of a",
                   "add route */b -> destination 2 of a"}));
  EXPECT_EQ(plan.means(), model::Means::Runtime);
  ASSERT_TRUE(applied_state.change({{"a", known}}, {}));
  known.definition.others[2].skip_check = true;
  EXPECT_EQ(steps({{"a", known}}), (Lines{"turn health checks of destination 2 of a off",
                                          "add server 10.0.0.1:80 to destination 2 of a"}));
  known.definition.others.clear();
  EXPECT_EQ(steps({{"a", known}}),
            (Lines{"remove destination 2 of a", "remove route */b -> destination 2 of a"}));
}

TEST_F(Planning, APolicyTakesASpareBackendOfItsProfile) {
  known.definition.strip_path = true;
  auto wanted = Lines{"change the policies of a", "add server 10.0.0.1:80 to a"};
  EXPECT_EQ(steps({{"a", known}}), wanted);
  EXPECT_EQ(plan.means(), model::Means::Reload) << "there is none";
  backend_pool.reset(applied_state.file_names(), 0, 1);
  EXPECT_EQ(steps({{"a", known}}), wanted);
  EXPECT_EQ(plan.means(), model::Means::Runtime);
}

TEST_F(Planning, AnotherCheckNeedsNoReload) {
  known.definition.check.path = "/health";
  EXPECT_EQ(steps({{"a", known}}), Lines{"check a by GET /health (200-399)"});
  EXPECT_EQ(plan.means(), model::Means::Runtime);
  ASSERT_TRUE(applied_state.change({{"a", known}}, {}));
  known.definition.check.fall = 1;
  EXPECT_EQ(steps({{"a", known}}),
            (Lines{"change the timing of HAProxy's checks of a", "add server 10.0.0.1:80 to a"}));
  EXPECT_EQ(plan.means(), model::Means::Runtime);
  known.definition.check = {};
  known.definition.check.tcp = true;
  EXPECT_EQ(steps({{"a", known}}), Lines{"check a by a connection"});
}

TEST_F(Planning, ACustomTemplateNeedsAReload) {
  auto custom = service("t", {});
  custom.rendered = "backend t\n";
  EXPECT_EQ(steps({{"t", custom}}), (Lines{"add service t", "add the sections of t's template"}));
  EXPECT_EQ(plan.means(), model::Means::Reload);
  EXPECT_EQ(plan.reason(), "custom template");
  ASSERT_TRUE(applied_state.change({{"t", custom}}, {}));
  EXPECT_EQ(steps({{"t", custom}}), Lines{});
  EXPECT_EQ(steps({{"t", std::nullopt}}), (Lines{"remove the sections of t's template", "remove service t"}));
  EXPECT_EQ(plan.reason(), "custom template");
  custom.rendered = "backend u\n";
  EXPECT_EQ(steps({{"t", custom}}), Lines{"replace the sections of t's template"});
}

TEST_F(Planning, AColourIsASwitch) {
  known.definition.color = "blue";
  EXPECT_EQ(steps({{"a", known}}),
            (Lines{"switch a from colour '' to 'blue'", "add server 10.0.0.1:80 to a"}));
}

TEST_F(Planning, SaysWhyAReloadIsNeeded) {
  steps({{"b", service("b", {"/b"})}, {"c", service("c", {"/c"})}});
  EXPECT_EQ(plan.means(), model::Means::Reload);
  EXPECT_EQ(plan.reason(), "no spare backend is left for a new service or colour");
  steps({{"b", service("b", {"/b"}, {"*.a.b.c.d"})}});
  EXPECT_EQ(plan.reason(), "no wildcard as deep as *.a.b.c.d was in use yet");
  steps({{"b", service("b", {"/.well-known/acme-challenge"})}});
  EXPECT_EQ(plan.reason(), "no route below /.well-known was in use yet");
}

}  // namespace
}  // namespace dfp::haproxy
