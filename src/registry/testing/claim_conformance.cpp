// Claims on routes, through the definition store.
#include "registry/definition_store.hpp"
#include "registry/testing/conformance.hpp"

namespace dfp::registry::testing {
namespace {

model::Service service_of(std::string name) {
  model::Service service;
  service.definition.service = std::move(name);
  service.definition.paths = {"/demo", "/other"};
  return service;
}

Task<ClaimAge> age_of_one(DefinitionStore* store) {
  auto snapshot = co_await must(store->load(soon()));
  co_return snapshot.services.at("one").age;
}

/// Claims `service` with the guards as `store` has read them last.
ClaimWrite guarded(const model::Service& service, const GuardVersions& known) {
  ClaimWrite claim{.renew = true};
  for (const auto& guard : guards_of(service.definition))
    claim.guards[guard] = known.contains(guard) ? known.at(guard) : 0;
  return claim;
}

TEST_P(DefinitionStoreConformance, OfTwoWhoClaimARouteAtOnceOneIsRefused) {
  play([](World w) -> Task<> {
    DefinitionStore store(w.kv(), w.scope), other(w.kv(), w.scope);
    auto one = service_of("one"), two = service_of("two");
    auto before = co_await must(store.load(soon()));
    auto version = co_await must(store.put(one, 0, soon(), guarded(one, before.guards)));
    auto late = co_await must_fail(other.put(two, 0, soon(), guarded(two, before.guards)));
    EXPECT_EQ(late, Errc::Conflict);
    auto after = co_await must(other.load(soon()));
    EXPECT_FALSE(after.services.contains("two")) << "all of it or nothing";
    for (const auto& guard : guards_of(one.definition)) EXPECT_EQ(after.guards.at(guard), version);
    co_await must(other.put(two, 0, soon(), guarded(two, after.guards)));
    auto both = co_await must(store.load(soon()));
    EXPECT_LT(both.services.at("one").age, both.services.at("two").age);
    EXPECT_FALSE(both.services.at("two").age.unclaimed);
  });
}

TEST_P(DefinitionStoreConformance, AClaimKeepsItsAgeUntilItsRoutesChange) {
  play([](World w) -> Task<> {
    DefinitionStore store(w.kv(), w.scope);
    auto service = service_of("one");
    auto version = co_await must(store.put(service, 0, soon(), {.renew = true}));
    auto age = co_await age_of_one(&store);
    EXPECT_EQ(age.version, version);
    service.instances.clear();
    auto second = co_await must(store.put(service, version, soon()));
    auto same = co_await age_of_one(&store);
    EXPECT_EQ(same, age) << "instances are no routes";
    service.definition.paths = {"/elsewhere"};
    co_await must(store.put(service, second, soon()));
    auto changed = co_await age_of_one(&store);
    EXPECT_TRUE(changed.unclaimed);
    EXPECT_LT(age, changed);
  });
}

TEST_P(DefinitionStoreConformance, WhatAnOriginalWritesIsNoClaim) {
  play([](World w) -> Task<> {
    DefinitionStore store(w.kv(), w.scope);
    auto version = co_await must(store.put(service_of("one"), 0, soon(), {.renew = true}));
    std::vector<Operation> foreign{Put{w.key("one/path"), "/taken"}, Put{w.key("legacy/path"), "/demo"}};
    co_await must(w.kv().transact(std::move(foreign), soon()));
    auto snapshot = co_await must(store.load(soon()));
    for (auto name : {"one", "legacy"}) {
      EXPECT_TRUE(snapshot.services.at(name).age.unclaimed) << name;
      EXPECT_GT(snapshot.services.at(name).age.version, version) << name;
    }
  });
}

}  // namespace
}  // namespace dfp::registry::testing
