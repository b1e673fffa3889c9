#include "reconcile/start_sources.hpp"

#include <gtest/gtest.h>

#include "reconcile/proxy_driver.hpp"

namespace dfp::reconcile {
namespace {
using Names = std::set<std::string>;

model::Service service(std::string name, std::string by) {
  model::Service s;
  s.definition.service = std::move(name);
  s.definition.paths = {"/" + s.definition.service};
  s.changed_by = std::move(by);
  return s;
}

model::DesiredState state_of(const Names& services, const std::string& by) {
  model::DesiredState state;
  for (const auto& name : services) state.services.emplace(name, service(name, by));
  return state;
}

registry::StoreSnapshot snapshot_of(const Names& services) {
  registry::StoreSnapshot snapshot;
  snapshot.blank = services.empty();
  for (const auto& name : services)
    snapshot.services.emplace(name, registry::StoredService{service(name, "registry"), 7});
  return snapshot;
}

Names names_of(const model::DesiredState& state) {
  Names names;
  for (const auto& [name, s] : state.services) names.insert(name);
  return names;
}

/// Sources in which every one knows another set of services.
struct Sources {
  Sources(Names in_registry, const Names& last_known, const Names& found)
      : snapshot(snapshot_of(in_registry)) {
    sources.registry = &snapshot;
    sources.last_known.state = state_of(last_known, "last known");
    sources.found = state_of(found, kFoundAuthor);
  }
  KnownState combined() { return combine(sources); }
  std::string author(const std::string& name) { return combined().wanted.services.at(name).changed_by; }

  registry::StoreSnapshot snapshot;
  StartSources sources;
};

TEST(StartSources, TheFirstSourceThatKnowsAServiceSaysWhatItIs) {
  Sources s({"a"}, {"a", "b"}, {"a", "b", "c"});
  EXPECT_EQ(names_of(s.combined().wanted), (Names{"a", "b", "c"}));
  EXPECT_EQ(s.author("a"), "registry");
  EXPECT_EQ(s.author("b"), "last known");
  EXPECT_EQ(s.author("c"), kFoundAuthor);
  EXPECT_EQ(s.combined().versions, (std::map<std::string, std::uint64_t>{{"a", 7}}));
  EXPECT_EQ(s.combined().missing, (Names{"b", "c"}));
  EXPECT_TRUE(s.combined().in_step);
}

TEST(StartSources, ABlankRegistrySaysNothing) {
  Sources s({}, {"a"}, {"a", "b"});
  EXPECT_EQ(names_of(s.combined().wanted), (Names{"a", "b"}));
  EXPECT_EQ(s.combined().missing, Names{});
  EXPECT_TRUE(s.combined().in_step) << "the last known state says what is served";
}

TEST(StartSources, WithNothingButTheProxyItselfItIsNotInStep) {
  Sources blank({}, {}, {"a"});
  EXPECT_EQ(names_of(blank.combined().wanted), Names{"a"});
  EXPECT_FALSE(blank.combined().in_step);
  blank.sources.registry = nullptr;
  EXPECT_EQ(names_of(blank.combined().wanted), Names{"a"});
  EXPECT_FALSE(blank.combined().in_step);
}

TEST(StartSources, AFirstStartIsInStepWithABlankRegistry) {
  Sources s({}, {}, {});
  EXPECT_TRUE(s.combined().in_step);
  s.sources.registry = nullptr;
  EXPECT_FALSE(s.combined().in_step) << "but not with one that is away";
}

TEST(StartSources, ARecordThatCannotBeReadCostsNothingWhereAnotherSourceKnowsTheService) {
  Sources s({"a"}, {"b"}, {"c"});
  s.snapshot.broken = {{"b", "damaged"}, {"c", "newer"}, {"d", "damaged"}};
  auto state = s.combined();
  EXPECT_EQ(names_of(state.wanted), (Names{"a", "b", "c"}));
  EXPECT_EQ(state.set_aside, s.snapshot.broken);
  EXPECT_EQ(state.missing, Names{}) << "the registry has them";
}

TEST(StartSources, AnInvalidDefinitionOfTheRegistryIsReplacedByTheLastKnownOne) {
  Sources s({"a"}, {"a"}, {});
  s.snapshot.services.at("a").service.definition.paths.clear();
  auto state = s.combined();
  EXPECT_EQ(state.wanted.services.at("a").changed_by, "last known");
  EXPECT_TRUE(state.set_aside.contains("a"));
  EXPECT_EQ(state.missing, Names{});
  EXPECT_FALSE(state.versions.contains("a"));
}

TEST(StartSources, ARecordOfTheLastKnownStateThatCannotBeReadIsReportedWhereItIsNeeded) {
  Sources s({"a"}, {}, {"b"});
  s.sources.last_known.broken = {{"b", "newer"}};
  EXPECT_TRUE(s.combined().set_aside.empty());
  s.sources.registry = nullptr;
  EXPECT_EQ(s.combined().set_aside, (std::map<std::string, std::string>{{"b", "last known state: newer"}}));
  EXPECT_EQ(names_of(s.combined().wanted), Names{"b"}) << "and served as the proxy serves it";
}

TEST(StartSources, AnOperatorMaySayThatTheRegistryIsRight) {
  for (const Names& known : {Names{}, Names{"a"}}) {
    Sources s(known, {"b"}, {"b", "c"});
    s.sources.accept_registry = true;
    EXPECT_EQ(names_of(s.combined().wanted), known);
    EXPECT_TRUE(s.combined().in_step);
    EXPECT_EQ(s.combined().missing, Names{});
  }
  Sources away({}, {"b"}, {});
  away.sources.accept_registry = true;
  away.sources.registry = nullptr;
  EXPECT_EQ(names_of(away.combined().wanted), Names{"b"}) << "one that is away says nothing";
}

TEST(StartSources, WhatWasFoundOnceIsNoBetterKnownInTheLastKnownState) {
  Sources s({}, {}, {});
  s.sources.last_known.state = state_of({"a"}, kFoundAuthor);
  EXPECT_EQ(s.combined().taken_from.at("a"), StartSource::Proxy);
  EXPECT_FALSE(s.combined().in_step);
}

/// Serves "a" with other instances than those that were last known.
struct CutLastKnown : Sources {
  CutLastKnown() : Sources({}, {"a", "gone"}, {"a"}) {
    sources.registry = nullptr;
    sources.last_known.cut = true;
    old().definition.color = "blue";
    old().definition.acl_name = "first";
    old().instances = {instance("10.0.0.1")};
    found().instances = {instance("10.0.0.2")};
  }
  static model::Instance instance(std::string address) {
    model::Instance i;
    i.address = std::move(address);
    i.port = 80;
    return i;
  }
  model::Service& old() { return sources.last_known.state.services.at("a"); }
  model::Service& found() { return sources.found.services.at("a"); }
  model::Service a() { return combined().wanted.services.at("a"); }
};

TEST(StartSources, WhatIsLeftOfALastKnownStateDoesNotOverruleTheRunningProxy) {
  CutLastKnown s;
  EXPECT_EQ(s.a().instances, s.found().instances);
  EXPECT_EQ(s.a().definition.acl_name, "first") << "what a proxy does not tell";
  EXPECT_EQ(s.a().definition.color, "") << "perhaps it is not blue any more";
  EXPECT_EQ(s.combined().taken_from.at("a"), StartSource::Proxy);
  EXPECT_EQ(names_of(s.combined().wanted), Names{"a"}) << "another may have been removed since";
  s.found().definition.paths = {"/new"};
  EXPECT_EQ(s.a(), s.found());
}

TEST(StartSources, WhatIsLeftOfALastKnownStateIsBelievedWhereTheProxyAgrees) {
  CutLastKnown s;
  s.found().instances = s.old().instances;
  EXPECT_EQ(s.a(), s.old());
  EXPECT_EQ(s.combined().taken_from.at("a"), StartSource::LastKnown);
  s.found().definition.color = "green";
  EXPECT_EQ(s.a().definition.color, "green");
}

TEST(StartSources, WhatIsLeftOfALastKnownStateIsAllThereIsWhereNoProxyRuns) {
  CutLastKnown s;
  s.sources.found = {};
  EXPECT_EQ(names_of(s.combined().wanted), (Names{"a", "gone"}));
}

TEST(StartSources, AWholeLastKnownStateOverrulesTheProxy) {
  CutLastKnown s;
  s.sources.last_known.cut = false;
  EXPECT_EQ(s.a(), s.old());
}

}  // namespace
}  // namespace dfp::reconcile
