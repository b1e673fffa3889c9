#include "registry/definition_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.hpp"
#include "registry/legacy_keys.hpp"
#include "registry/service_keys.hpp"
#include "registry/testing/conformance.hpp"
#include "registry/testing/fake_registry.hpp"

namespace dfp::registry {
namespace {
using testing::FakeRegistry, testing::must, testing::must_fail, testing::soon;
using ::testing::HasSubstr;

model::Service service(std::string name) {
  model::Service made;
  made.definition.service = std::move(name);
  made.definition.paths = {"/demo"};
  return made;
}

TEST(DefinitionStore, ErrorsNameTheOperationAndTheService) {
  dfp::testing::run([](Executor executor) -> Task<> {
    FakeRegistry fake(executor);
    DefinitionStore store(fake, "docker-flow");
    fake.go_away();
    auto put = co_await store.put(service("go-demo"), 0, soon());
    EXPECT_EQ(put.error().what, "definition store: put go-demo: registry: connection refused");
    auto load = co_await store.load(soon());
    EXPECT_EQ(load.error().code, Errc::Unavailable);
  });
}

TEST(DefinitionStore, KnowsWhetherARecordIsStillTheVersionThatWasRead) {
  dfp::testing::run([](Executor executor) -> Task<> {
    FakeRegistry fake(executor);
    DefinitionStore store(fake, "docker-flow"), other(fake, "docker-flow");
    auto absent = co_await must(store.holds("go-demo", 0, soon()));
    EXPECT_TRUE(absent);
    auto version = co_await must(store.put(service("go-demo"), 0, soon()));
    auto ours = co_await must(store.holds("go-demo", version, soon()));
    EXPECT_TRUE(ours);
    co_await must(other.put(service("go-demo"), version, soon()));
    ours = co_await must(store.holds("go-demo", version, soon()));
    EXPECT_FALSE(ours);
    fake.go_away();
    auto away = co_await must_fail(store.holds("go-demo", version, soon()));
    EXPECT_EQ(away, Errc::Unavailable);
  });
}

/// As the embedded registry: every transaction takes the next number.
struct ConsecutiveRegistry : FakeRegistry {
  using FakeRegistry::FakeRegistry;
  bool consecutive_versions() const override { return true; }
};

TEST(DefinitionStore, WhereVersionsTellItOwnWritesWakeNobody) {
  dfp::testing::run([](Executor executor) -> Task<> {
    ConsecutiveRegistry fake(executor);
    DefinitionStore store(fake, "docker-flow");
    co_await must(store.put(service("first"), 0, soon()));
    auto loaded = co_await must(store.load(soon()));
    auto last = co_await must(store.put(service("go-demo"), 0, soon()));
    auto woken = co_await must_fail(store.wait(loaded.index, Deadline::after(std::chrono::milliseconds(50))));
    EXPECT_EQ(woken, Errc::Timeout);
    fake.set("docker-flow/go-demo/path", "/other");  // somebody else
    auto moved = co_await must(store.wait(loaded.index, soon()));
    EXPECT_GT(moved, last);
  });
}

TEST(DefinitionStore, TooManyInstancesForARegistryAreRefused) {
  dfp::testing::run([](Executor executor) -> Task<> {
    FakeRegistry fake(executor);
    DefinitionStore store(fake, "docker-flow");
    auto big = service("go-demo");
    model::Instance instance{.service = "go-demo",
                             .node = "n",
                             .id = "",
                             .address = "10.0.0.1",
                             .port = 1,
                             .tags = {},
                             .meta = {}};
    for (int i = 0; i < 5000; ++i) {
      instance.id = std::to_string(i);
      big.instances.push_back(instance);
    }
    auto code = co_await must_fail(store.put(big, 0, soon()));
    EXPECT_EQ(code, Errc::InvalidArgument);
    EXPECT_EQ(fake.value("docker-flow/go-demo/path"), std::nullopt);
  });
}

TEST(DefinitionStore, ARecordWithoutTheOriginalsKeysStandsAlone) {
  dfp::testing::run([](Executor executor) -> Task<> {
    FakeRegistry fake(executor);
    DefinitionStore store(fake, "docker-flow");
    fake.set("docker-flow/x/definition",
             R"({"version":1,"definition":{"serviceName":"x","servicePath":["/x"]}})");
    auto snapshot = co_await must(store.load(soon()));
    EXPECT_EQ(snapshot.services["x"].service.definition.paths, std::vector<std::string>{"/x"});
    EXPECT_EQ(snapshot.services["x"].service.changed_by, "");
  });
}

TEST(DefinitionStore, ARecordEditedByHandWinsOverOlderKeysOfTheOriginal) {
  dfp::testing::run([](Executor executor) -> Task<> {
    FakeRegistry fake(executor);
    DefinitionStore store(fake, "docker-flow");
    co_await must(store.put(service("x"), 0, soon()));
    fake.set("docker-flow/x/definition",
             R"({"version":1,"mirrored":true,"definition":{"serviceName":"x","servicePath":["/edited"]}})");
    auto snapshot = co_await must(store.load(soon()));
    EXPECT_EQ(snapshot.services["x"].service.definition.paths, std::vector<std::string>{"/edited"});
  });
}

TEST(ServiceKeys, AFingerprintTellsValuesOfTheSameVersionApart) {
  // After a registry was restored, an old version can stand for a new value.
  Entry old{"docker-flow/x/definition", "{}", 7}, restored{"docker-flow/x/definition", "[]", 7};
  EXPECT_NE(ServiceKeys{.definition = &old}.fingerprint(),
            ServiceKeys{.definition = &restored}.fingerprint());
}

model::Definition definition() { return service("x").definition; }

TEST(LegacyKeys, ReadAsTheOriginalDid) {
  LegacyValues values;
  values[0] = " /a,,/b\n";
  values[4] = "maybe";
  auto read = apply_legacy(definition(), values);
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->paths, (std::vector<std::string>{"/a", "/b"}));
  EXPECT_FALSE(read->skip_check);
}

TEST(LegacyKeys, AnEmptyPathWithATemplateIsAService) {
  LegacyValues values;
  values[0] = "";
  values[5] = "/templates/x.ctmpl";
  auto read = apply_legacy(definition(), values);
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_TRUE(read->paths.empty());
  EXPECT_EQ(read->consul_template_path, "/templates/x.ctmpl");
}

TEST(LegacyKeys, BadValuesAreRefusedByName) {
  LegacyValues values;
  values[0] = "/a";
  values[3] = "hdr(host)";
  auto read = apply_legacy(definition(), values);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().what, HasSubstr("pathType"));
}

TEST(LegacyKeys, EveryDefinitionComesBackThroughTheSixKeysButItsNewParts) {
  auto full = definition();
  full.color = "blue";
  full.domains = {"a.example.com", "*.b.example.com"};
  full.path_type = model::PathType::Sub;
  full.skip_check = true;
  full.acl_name = "kept";
  auto base = definition();
  base.acl_name = "kept";
  EXPECT_EQ(apply_legacy(base, render_legacy(full)), full);
}

}  // namespace
}  // namespace dfp::registry
