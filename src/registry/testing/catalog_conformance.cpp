#include <algorithm>

#include "registry/testing/conformance.hpp"

namespace dfp::registry::testing {
namespace {
using namespace std::chrono_literals;

Task<> add_all(World w, std::vector<model::Instance> instances) {
  for (auto& instance : instances) co_await must(w.registrar().add(instance, soon()));
}

TEST_P(CatalogConformance, AnUnknownServiceHasNoInstances) {
  play([](World w) -> Task<> {
    auto found = co_await must(w.catalog().instances(w.scope + "-nobody", soon()));
    EXPECT_TRUE(found.empty());
  });
}

TEST_P(CatalogConformance, ListsTheNamesOfServicesSorted) {
  play([](World w) -> Task<> {
    std::vector<model::Instance> three{w.instance("b", 1001), w.instance("a", 1002), w.instance("b", 1003)};
    co_await add_all(w, three);
    auto names = co_await must(w.catalog().services(soon()));
    EXPECT_TRUE(std::ranges::is_sorted(names));
    std::erase_if(names, [&](const auto& name) { return !name.starts_with(w.scope + "-"); });
    EXPECT_EQ(names, (std::vector<std::string>{w.scope + "-a", w.scope + "-b"}));
  });
}

TEST_P(CatalogConformance, ReportsHealthAndWhenItChanges) {
  play([](World w) -> Task<> {
    auto before = co_await must(w.catalog().health(0, soon()));
    auto critical = w.instance("app", 1001);
    critical.health = model::Health::Critical;
    std::vector<model::Instance> two{w.instance("app", 1002), critical};
    co_await add_all(w, two);
    auto findings = before.findings;
    auto index = before.index;
    auto about = [&](const auto& finding) { return finding.id == critical.id; };
    for (int round = 0; round < 20 && std::ranges::none_of(findings, about); ++round) {
      auto after = co_await w.catalog().health(index, Deadline::after(2s));
      if (!after) continue;
      findings = after->findings;
      index = after->index;
    }
    auto found = std::ranges::find_if(findings, about);
    EXPECT_TRUE(found != findings.end());
    if (found != findings.end()) EXPECT_EQ(found->health, model::Health::Critical);
    EXPECT_TRUE(std::ranges::none_of(findings, [&](const auto& f) { return f.id == two[0].id; }));
  });
}

TEST_P(CatalogConformance, KnowsOnlyTheExactName) {
  play([](World w) -> Task<> {
    std::vector<model::Instance> colors{w.instance("app", 1001), w.instance("app-blue", 1002)};
    co_await add_all(w, colors);
    auto found = co_await must(w.catalog().instances(w.scope + "-app", soon()));
    EXPECT_EQ(found, std::vector<model::Instance>{colors[0]});
    auto shorter = co_await must(w.catalog().instances(w.scope + "-ap", soon()));
    EXPECT_TRUE(shorter.empty());
  });
}

TEST_P(CatalogConformance, InstancesComeSortedById) {
  play([](World w) -> Task<> {
    std::vector<model::Instance> three{w.instance("app", 1003), w.instance("app", 1001),
                                       w.instance("app", 1002)};
    co_await add_all(w, three);
    auto found = co_await must(w.catalog().instances(three[0].service, soon()));
    std::ranges::sort(three, {}, &model::Instance::id);
    EXPECT_EQ(found, three);
  });
}

TEST_P(CatalogConformance, APassedDeadlineIsATimeout) {
  play([](World w) -> Task<> {
    auto code = co_await must_fail(w.catalog().instances(w.scope + "-app", Deadline{Clock::now() - 1s}));
    EXPECT_EQ(code, Errc::Timeout);
  });
}

TEST_P(RegistrarConformance, KeepsEveryFieldOfAnInstance) {
  play([](World w) -> Task<> {
    auto instance = w.instance("app", 65535);
    instance.address = "::1";
    instance.tags = {"blue", "v2", "with,comma"};
    instance.meta = {{"path", "/demo"}, {"quote", "\"'\\"}};
    instance.weight = 7;
    co_await must(w.registrar().add(instance, soon()));
    auto found = co_await must(w.catalog().instances(instance.service, soon()));
    EXPECT_EQ(found, std::vector<model::Instance>{instance});
  });
}

TEST_P(RegistrarConformance, TagsAreSorted) {
  play([](World w) -> Task<> {
    auto instance = w.instance("app", 1001);
    instance.tags = {"z", "a", "m"};
    co_await must(w.registrar().add(instance, soon()));
    auto found = co_await must(w.catalog().instances(instance.service, soon()));
    EXPECT_EQ(found.at(0).tags, (std::vector<std::string>{"a", "m", "z"}));
  });
}

TEST_P(RegistrarConformance, AddingAgainReplaces) {
  play([](World w) -> Task<> {
    auto instance = w.instance("app", 1001);
    instance.tags = {"old"};
    instance.meta = {{"old", "1"}};
    co_await must(w.registrar().add(instance, soon()));
    instance.port = 1002;
    instance.address = "127.0.0.2";
    instance.tags = {"new"};
    instance.meta.clear();
    instance.weight = 3;
    co_await must(w.registrar().add(instance, soon()));
    auto found = co_await must(w.catalog().instances(instance.service, soon()));
    EXPECT_EQ(found, std::vector<model::Instance>{instance});
  });
}

TEST_P(RegistrarConformance, KeepsTheHealthThatItWasGiven) {
  play([](World w) -> Task<> {
    auto instance = w.instance("app", 1001);
    using enum model::Health;
    for (auto health : {Critical, Warning, Passing, Maintenance, Passing, Critical, Maintenance, Warning}) {
      instance.health = health;
      co_await must(w.registrar().add(instance, soon()));
      auto found = co_await must(w.catalog().instances(instance.service, soon()));
      EXPECT_EQ(found, std::vector<model::Instance>{instance}) << to_string(health);
    }
  });
}

TEST_P(RegistrarConformance, RemovesOneInstance) {
  play([](World w) -> Task<> {
    std::vector<model::Instance> two{w.instance("app", 1001), w.instance("app", 1002)};
    co_await add_all(w, two);
    co_await must(w.registrar().remove(two[0].service, two[0].node, two[0].id, soon()));
    auto found = co_await must(w.catalog().instances(two[0].service, soon()));
    EXPECT_EQ(found, std::vector<model::Instance>{two[1]});
    co_await must(w.registrar().remove(two[1].service, two[1].node, two[1].id, soon()));
    found = co_await must(w.catalog().instances(two[0].service, soon()));
    EXPECT_TRUE(found.empty());
    auto names = co_await must(w.catalog().services(soon()));
    EXPECT_FALSE(std::ranges::binary_search(names, two[0].service));
  });
}

TEST_P(RegistrarConformance, RemovingAnUnknownInstanceIsNotFound) {
  play([](World w) -> Task<> {
    auto instance = w.instance("app", 1001);
    co_await must(w.registrar().add(instance, soon()));
    auto code = co_await must_fail(w.registrar().remove(instance.service, instance.node, "other", soon()));
    EXPECT_EQ(code, Errc::NotFound);
    code = co_await must_fail(w.registrar().remove(w.scope + "-another", instance.node, instance.id, soon()));
    EXPECT_EQ(code, Errc::NotFound);
    code = co_await must_fail(w.registrar().remove(instance.service, "no-such-node", instance.id, soon()));
    EXPECT_EQ(code, Errc::NotFound);
    auto found = co_await must(w.catalog().instances(instance.service, soon()));
    EXPECT_EQ(found.size(), 1u);
  });
}

TEST_P(RegistrarConformance, SpecialCharactersInNamesAreJustData) {
  play([](World w) -> Task<> {
    auto instance = w.instance("app", 1001);
    instance.id = w.scope + ":host/a b?x=1&y#z%41:8080:udp";
    co_await must(w.registrar().add(instance, soon()));
    auto found = co_await must(w.catalog().instances(instance.service, soon()));
    EXPECT_EQ(found, std::vector<model::Instance>{instance});
    co_await must(w.registrar().remove(instance.service, instance.node, instance.id, soon()));
    found = co_await must(w.catalog().instances(instance.service, soon()));
    EXPECT_TRUE(found.empty());
  });
}

}  // namespace
}  // namespace dfp::registry::testing
