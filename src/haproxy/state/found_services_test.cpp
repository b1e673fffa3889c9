#include "haproxy/state/found_services.hpp"

#include <gtest/gtest.h>

#include "haproxy/config/testing.hpp"
#include "haproxy/state/drift.hpp"
#include "reconcile/proxy_driver.hpp"

namespace dfp::haproxy {
namespace {
using config::testing::instance;
using config::testing::service;

/// A worker that serves an applied state, and what is found in it.
class FoundServices : public ::testing::Test {
 protected:
  void serve(std::vector<model::Service> services) {
    model::Change change;
    for (auto& s : services) change.emplace(s.definition.service, s);
    ASSERT_TRUE(applied_state.change(change, {}));
    backend_pool.reset(applied_state.file_names(), 1);
    live = {};
    live.flags = applied_state.routes().flags();
    applied_state.routes().for_each_key(
        [&](const auto& key, const auto& name) { live.routes.push_back({key, name}); });
    live.patterns = pattern_entries(applied_state.routes());
    live.backend_names = {"spare:http-rr:00001"};
    for (const auto& [name, backend] : applied_state.file_names()) {
      live.backends.push_back({name, backend});
      live.backend_names.push_back(backend);
      const auto& wanted = applied_state.backends().at(name);
      for (const auto& entry : wanted.policies)
        live.policies[std::string(entry.map)].push_back({backend + entry.key, entry.value});
      for (const auto& s : wanted.servers)
        live.servers.push_back(
            {backend, s.name, s.address, s.port, s.weight, true, false, false, wanted.check});
    }
  }

  model::DesiredState found() {
    return services_of(live, parse_templates(render_templates(applied_state.state())));
  }

  /// What the worker would have to change to be served from `state`.
  std::vector<std::string> differences(const model::DesiredState& state) {
    AppliedState next(settings);
    model::Change change;
    for (const auto& [name, s] : state.services) change.emplace(name, s);
    EXPECT_TRUE(next.change(change, {}));
    BackendPool own;
    EXPECT_TRUE(adopt_bindings(live, next, own));
    return make_repair(live, next, own, settings, unfinished_of(live)).found;
  }

  Settings settings;
  AppliedState applied_state{settings};
  BackendPool backend_pool;
  LiveState live;
};

TEST_F(FoundServices, PoliciesAreThoseOfItsBackends) {
  auto store = service("store", {"/store"});
  store.definition.strip_path = true;
  store.definition.others[2].paths = {"/plain"};
  store.instances = {instance("n", "1", "10.0.0.1", 80)};
  serve({store});
  auto state = found();
  EXPECT_TRUE(state.services.at("store").definition.strip_path);
  EXPECT_FALSE(state.services.at("store").definition.others.at(2).strip_path);
  EXPECT_EQ(differences(state), std::vector<std::string>{});
  live.policies.clear();
  EXPECT_EQ(differences(applied_state.state()),
            std::vector<std::string>{"strip.map lacks svc.policies:store/store/"});
}

TEST_F(FoundServices, DestinationsAreThoseThatTheWorkerServes) {
  auto shop = service("shop", {"/shop"});
  shop.definition.color = "blue";
  shop.definition.port = 8080;
  shop.definition.others[2] = {{"/admin"}, model::PathType::Exact, {"admin.com"}, true, 9090};
  shop.definition.others[3] = {{}, {}, {"empty.com"}, false, 7070};
  shop.instances = {instance("n", "1", "10.0.0.1", 32768), instance("n", "1", "10.0.0.1", 32769)};
  shop.instances[0].requested_port = 8080;
  shop.instances[1].requested_port = 9090;
  auto same = service("same", {"/same"});
  same.definition.others[2].paths = {"/other"};
  same.instances = {instance("n", "2", "10.0.0.2", 80)};
  serve({shop, same});
  auto state = found();
  ASSERT_EQ(state.services.size(), 2);
  EXPECT_EQ(differences(state), std::vector<std::string>{});
  const auto& read = state.services.at("shop").definition;
  EXPECT_EQ(read.color, "blue");
  EXPECT_EQ(read.others.at(2).domains, std::vector<std::string>{"admin.com"});
  EXPECT_TRUE(read.others.at(2).skip_check);
  EXPECT_EQ(state.services.at("same").instances.size(), 1);
}

TEST_F(FoundServices, AWorkerServedFromThemNeedsNoChange) {
  auto a = service("a", {"/a", "/b"}, {"*.acme.com", "acme.com"});
  a.definition.color = "blue";
  a.instances = {instance("n", "host:demo:80", "10.0.0.1", 80), instance("n", "2", "10.0.0.2", 81)};
  a.instances[1].weight = 7;
  auto unchecked = service("unchecked", {"/x"}, {}, model::PathType::Exact);
  unchecked.definition.skip_check = true;
  unchecked.instances = {instance("n", "3", "10.0.0.3", 80)};
  serve({a, unchecked, service("empty", {}, {"empty.com"}),
         service("regex", {"^/(v1|v2)/x"}, {}, model::PathType::Reg),
         service("pattern", {".png", "a.b"}, {"img.com"}, model::PathType::End)});

  auto state = found();
  EXPECT_EQ(state.services.size(), 5);
  EXPECT_EQ(differences(state), std::vector<std::string>{});
  const auto& read = state.services.at("a");
  EXPECT_EQ(read.definition.color, "blue");
  EXPECT_EQ(read.definition.domains, a.definition.domains);
  EXPECT_EQ(read.changed_by, reconcile::kFoundAuthor);
  EXPECT_EQ(read.revision, 0);
  EXPECT_TRUE(state.services.at("unchecked").definition.skip_check);
  EXPECT_TRUE(model::validate(state.services.at("empty").definition));
}

TEST_F(FoundServices, AServiceInASpareBackendIsFoundThere) {
  auto a = service("a", {"/a"});
  a.instances = {instance("n", "1", "10.0.0.1", 80)};
  serve({a});
  live.backends[0].value = "spare:http-rr:00001";
  live.servers[0].backend = "spare:http-rr:00001";
  auto state = found();
  EXPECT_EQ(state.services.at("a").instances.size(), 1);
  EXPECT_EQ(differences(state), std::vector<std::string>{});
}

TEST_F(FoundServices, AChangeUnderWayCountsAsItsFlagsSay) {
  serve({service("a", {"/a", "/b"}), service("b", {"/c"})});
  live.routes = {{"/a", "a|b"}, {"/b", "a|-"}, {"/c", "b"}};
  auto before = found();
  EXPECT_EQ(before.services.at("a").definition.paths, (std::vector<std::string>{"/a", "/b"}));
  live.flags = kCommitted;
  auto after = found();
  EXPECT_FALSE(after.services.contains("a")) << "it has no route any more";
  EXPECT_EQ(after.services.at("b").definition.paths, (std::vector<std::string>{"/a", "/c"}));
}

TEST_F(FoundServices, ATemplateIsFoundInTheFileBesideTheConfiguration) {
  auto t = service("t", {});
  t.definition.path_type.reset();
  t.definition.consul_template_path = "/templates/t.tmpl";
  t.definition.acl_name = "05-t";
  t.rendered = "backend t-be\n  server s 10.0.0.1:80\n";
  t.template_hash = "sha256:00";
  serve({t, service("a", {"/a"})});
  auto state = found();
  EXPECT_EQ(state.services.at("t").rendered, t.rendered);
  EXPECT_EQ(state.services.at("t").definition, t.definition);
  EXPECT_EQ(differences(state), std::vector<std::string>{});
}

TEST_F(FoundServices, AServerThatIsLeavingIsNoInstance) {
  auto a = service("a", {"/a"});
  a.instances = {instance("n", "1", "10.0.0.1", 80), instance("n", "2", "10.0.0.2", 80)};
  serve({a});
  live.servers[0].maintenance = true;
  EXPECT_EQ(found().services.at("a").instances.size(), 1);
}

TEST_F(FoundServices, MetadataOfAnInstanceNamesNoServer) {
  auto a = service("a", {"/a"});
  a.instances = {instance("n", "1", "10.0.0.1", 80)};
  a.instances[0].meta = {{config::kServerNameMeta, "x\nshutdown"}};
  serve({a});
  EXPECT_TRUE(applied_state.backends().at("a").servers[0].name.starts_with("n_1_"));
}

TEST_F(FoundServices, AFileOfTemplatesThatIsSpoiltGivesNone) {
  for (auto* text : {"", "[]", "{", "{\"a\": 1}", "{\"a\": {\"rendered\": 5}}"})
    EXPECT_TRUE(parse_templates(text).empty()) << text;
}

}  // namespace
}  // namespace dfp::haproxy
