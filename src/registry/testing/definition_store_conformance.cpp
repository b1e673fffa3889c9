#include "base/wait.hpp"
#include "registry/definition_store.hpp"
#include "registry/testing/conformance.hpp"

namespace dfp::registry::testing {
namespace {
using namespace std::chrono_literals;

model::Service make_service(World w, std::string name) {
  model::Service service;
  service.definition.service = std::move(name);
  service.definition.paths = {"/demo", "/other"};
  service.definition.domains = {"example.com"};
  service.definition.acl_name = "a1";
  auto instance = w.instance("app", 1001);
  instance.meta = {{"k", "v"}};
  service.instances = {instance};
  service.revision = 7;
  service.changed_at = "2026-01-31T12:00:00Z";
  service.changed_by = "api 127.0.0.1";
  return service;
}

/// As an original 1.0, or curl, writes one key.
Task<> set_key(World w, std::string key, std::string value) {
  std::vector<Operation> one{Put{w.key(key), std::move(value)}};
  co_await must(w.kv().transact(std::move(one), soon()));
}

Task<> delete_key(World w, std::string key) {
  std::vector<Operation> one{Delete{w.key(key)}};
  co_await must(w.kv().transact(std::move(one), soon()));
}

Task<std::string> value_of(World w, std::string key) {
  auto entry = co_await must(w.kv().get(w.key(key), soon()));
  co_return entry ? entry->value : "(absent)";
}

TEST_P(DefinitionStoreConformance, AnUntouchedPrefixIsBlank) {
  play([](World w) -> Task<> {
    DefinitionStore store(w.kv(), w.scope);
    auto snapshot = co_await must(store.load(soon()));
    EXPECT_TRUE(snapshot.blank);
    EXPECT_TRUE(snapshot.services.empty());
  });
}

TEST_P(DefinitionStoreConformance, GivesBackWhatWasPut) {
  play([](World w) -> Task<> {
    DefinitionStore store(w.kv(), w.scope), other(w.kv(), w.scope);
    auto service = make_service(w, "go-demo");
    auto version = co_await must(store.put(service, 0, soon()));
    auto snapshot = co_await must(other.load(soon()));
    EXPECT_EQ(snapshot.services.size(), 1u);
    EXPECT_EQ(snapshot.services["go-demo"].service, service);
    EXPECT_EQ(snapshot.services["go-demo"].version, version);
    EXPECT_FALSE(snapshot.blank);
  });
}

TEST_P(DefinitionStoreConformance, APutNeedsThePresentVersion) {
  play([](World w) -> Task<> {
    DefinitionStore store(w.kv(), w.scope);
    auto service = make_service(w, "go-demo");
    auto first = co_await must(store.put(service, 0, soon()));
    auto again = co_await must_fail(store.put(service, 0, soon()));
    EXPECT_EQ(again, Errc::Conflict);
    service.revision = 8;
    auto second = co_await must(store.put(service, first, soon()));
    EXPECT_GT(second, first);
    auto stale = co_await must_fail(store.put(service, first, soon()));
    EXPECT_EQ(stale, Errc::Conflict);
    auto snapshot = co_await must(store.load(soon()));
    EXPECT_EQ(snapshot.services["go-demo"].version, second);
  });
}

TEST_P(DefinitionStoreConformance, TheSameServiceAgainGivesItsVersionToo) {
  play([](World w) -> Task<> {
    DefinitionStore store(w.kv(), w.scope);
    auto service = make_service(w, "go-demo");
    auto first = co_await must(store.put(service, 0, soon()));
    auto second = co_await must(store.put(service, first, soon()));
    auto snapshot = co_await must(store.load(soon()));
    EXPECT_EQ(snapshot.services["go-demo"].version, second);
    EXPECT_EQ(snapshot.services["go-demo"].service, service);
  });
}

TEST_P(DefinitionStoreConformance, RemovingLeavesAStoreThatIsEmptyButNotBlank) {
  play([](World w) -> Task<> {
    DefinitionStore store(w.kv(), w.scope);
    auto written = co_await must(store.put(make_service(w, "go-demo"), 0, soon()));
    co_await must(store.put(make_service(w, "go-demo-2"), 0, soon()));
    auto removed = co_await must(store.remove("go-demo", soon()));
    EXPECT_GT(removed, written);
    auto snapshot = co_await must(store.load(soon()));
    EXPECT_EQ(snapshot.services.size(), 1u);
    EXPECT_TRUE(snapshot.services.contains("go-demo-2"));
    co_await must(store.remove("go-demo-2", soon()));
    co_await must(store.remove("never-there", soon()));
    snapshot = co_await must(store.load(soon()));
    EXPECT_TRUE(snapshot.services.empty());
    EXPECT_FALSE(snapshot.blank);
  });
}

TEST_P(DefinitionStoreConformance, WaitTellsOfAPutAndOfARemovalByAnother) {
  play([](World w) -> Task<> {
    DefinitionStore store(w.kv(), w.scope);
    DefinitionStore other(w.kv(), w.scope);
    auto before = co_await must(store.load(soon()));
    auto written = co_await must(other.put(make_service(w, "go-demo"), 0, soon()));
    auto index = co_await must(store.wait(before.index, soon()));
    EXPECT_GE(index, written);
    auto removed = co_await must(other.remove("go-demo", soon()));
    auto after = co_await must(store.wait(index, soon()));
    EXPECT_GE(after, removed);
    auto code = co_await must_fail(store.wait(after, Deadline::after(300ms)));
    EXPECT_EQ(code, Errc::Timeout);
  });
}

TEST_P(DefinitionStoreConformance, WritesTheKeysOfTheOriginal) {
  play([](World w) -> Task<> {
    DefinitionStore store(w.kv(), w.scope);
    auto service = make_service(w, "go-demo");
    service.definition.color = "blue";
    service.definition.path_type = model::PathType::Beg;
    co_await must(store.put(service, 0, soon()));
    std::map<std::string, std::string> keys;
    for (auto key : {"color", "path", "domain", "pathtype", "skipcheck", "consultemplatepath"}) {
      auto value = co_await value_of(w, std::string("go-demo/") + key);
      keys[key] = value;
    }
    std::map<std::string, std::string> want{{"color", "blue"},         {"path", "/demo,/other"},
                                            {"domain", "example.com"}, {"pathtype", "path_beg"},
                                            {"skipcheck", "false"},    {"consultemplatepath", ""}};
    EXPECT_EQ(keys, want);
  });
}

TEST_P(DefinitionStoreConformance, ReadsAServiceThatOnlyTheOriginalWrote) {
  play([](World w) -> Task<> {
    for (auto [key, value] : {std::pair{"color", "green"},
                              {"path", "/a,/b"},
                              {"domain", "My.Example.com"},
                              {"pathtype", "path_end"},
                              {"skipcheck", "true"},
                              {"consultemplatepath", ""}})
      co_await set_key(w, std::string("books/") + key, value);
    DefinitionStore store(w.kv(), w.scope);
    auto snapshot = co_await must(store.load(soon()));
    model::Definition want;
    want.service = "books";
    want.color = "green";
    want.paths = {"/a", "/b"};
    want.domains = {"my.example.com"};
    want.path_type = model::PathType::End;
    want.skip_check = true;
    EXPECT_EQ(snapshot.services["books"].service.definition, want);
    EXPECT_EQ(snapshot.services["books"].service.changed_by, "kv");
    EXPECT_EQ(snapshot.services["books"].version, 0u);
    co_await must(store.put(snapshot.services["books"].service, 0, soon()));
  });
}

TEST_P(DefinitionStoreConformance, ALaterChangeByTheOriginalWins) {
  play([](World w) -> Task<> {
    DefinitionStore store(w.kv(), w.scope);
    auto service = make_service(w, "go-demo");
    auto version = co_await must(store.put(service, 0, soon()));
    co_await set_key(w, "go-demo/path", "/new");
    auto snapshot = co_await must(store.load(soon()));
    auto want = service;
    want.definition.paths = {"/new"};
    want.changed_by = "kv";
    EXPECT_EQ(snapshot.services["go-demo"].service, want) << "what the original does not know is kept";
    EXPECT_EQ(snapshot.services["go-demo"].version, version);

    version = co_await must(store.put(service, version, soon()));
    snapshot = co_await must(store.load(soon()));
    EXPECT_EQ(snapshot.services["go-demo"].service, service) << "our later write wins again";
  });
}

TEST_P(DefinitionStoreConformance, AColorByTheOriginalDropsThePinsOfTheOtherColor) {
  play([](World w) -> Task<> {
    DefinitionStore store(w.kv(), w.scope);
    co_await must(store.put(make_service(w, "go-demo"), 0, soon()));
    co_await set_key(w, "go-demo/color", "blue");
    auto snapshot = co_await must(store.load(soon()));
    EXPECT_EQ(snapshot.services["go-demo"].service.definition.color, "blue");
    EXPECT_TRUE(snapshot.services["go-demo"].service.instances.empty());
  });
}

TEST_P(DefinitionStoreConformance, ADeletedKeyCountsAsEmptyAndADeletedPathAsRemoval) {
  play([](World w) -> Task<> {
    DefinitionStore store(w.kv(), w.scope);
    co_await must(store.put(make_service(w, "go-demo"), 0, soon()));
    co_await delete_key(w, "go-demo/domain");
    auto snapshot = co_await must(store.load(soon()));
    EXPECT_TRUE(snapshot.services["go-demo"].service.definition.domains.empty());
    co_await delete_key(w, "go-demo/path");
    snapshot = co_await must(store.load(soon()));
    EXPECT_TRUE(snapshot.services.empty());
    EXPECT_TRUE(snapshot.broken.empty());
    co_await must(store.put(make_service(w, "go-demo"), 0, soon()));
    snapshot = co_await must(store.load(soon()));
    EXPECT_EQ(snapshot.services.size(), 1u);
  });
}

TEST_P(DefinitionStoreConformance, RewritingTheSameValuesChangesNothing) {
  play([](World w) -> Task<> {
    // As a restored backup does: every key is written again, in any order, each with a version of its own.
    DefinitionStore store(w.kv(), w.scope);
    auto service = make_service(w, "go-demo");
    co_await must(store.put(service, 0, soon()));
    auto tree = co_await must(w.kv().list(w.key(""), soon()));
    co_await must(store.remove("go-demo", soon()));
    for (const auto& entry : tree.entries)
      co_await set_key(w, entry.key.substr(w.scope.size() + 1), entry.value);
    auto snapshot = co_await must(store.load(soon()));
    EXPECT_EQ(snapshot.services["go-demo"].service, service);
  });
}

TEST_P(DefinitionStoreConformance, ABrokenRecordIsSetAsideByName) {
  play([](World w) -> Task<> {
    DefinitionStore store(w.kv(), w.scope);
    co_await must(store.put(make_service(w, "good"), 0, soon()));
    co_await set_key(w, "newer/definition", R"({"version": 99})");
    co_await set_key(w, "cut/definition", R"({"version": 1, "defin)");
    co_await set_key(w, "bad/path", "no slash");
    auto snapshot = co_await must(store.load(soon()));
    EXPECT_EQ(snapshot.services.size(), 1u);
    EXPECT_EQ(snapshot.broken.size(), 3u);
    EXPECT_NE(snapshot.broken["newer"].find("newer"), std::string::npos) << snapshot.broken["newer"];
    EXPECT_NE(snapshot.broken["cut"].find("not JSON"), std::string::npos) << snapshot.broken["cut"];
    EXPECT_NE(snapshot.broken["bad"].find("servicePath"), std::string::npos) << snapshot.broken["bad"];

    co_await must(store.put(make_service(w, "cut"), 0, soon()));
    co_await must(store.remove("newer", soon()));
    snapshot = co_await must(store.load(soon()));
    EXPECT_EQ(snapshot.services.size(), 2u);
    EXPECT_EQ(snapshot.broken.size(), 1u);
  });
}

TEST_P(DefinitionStoreConformance, ARecordThatBrokeMeanwhileIsReplaced) {
  play([](World w) -> Task<> {
    DefinitionStore store(w.kv(), w.scope);
    auto service = make_service(w, "go-demo");
    auto version = co_await must(store.put(service, 0, soon()));
    co_await set_key(w, "go-demo/definition", "rubbish");
    service.revision = 8;
    co_await must(store.put(service, version, soon()));
    auto snapshot = co_await must(store.load(soon()));
    EXPECT_EQ(snapshot.services["go-demo"].service, service);
    co_await must(store.remove("go-demo", soon()));
    auto gone = co_await must_fail(store.put(service, version, soon()));
    EXPECT_EQ(gone, Errc::Conflict) << "a removed service is not brought back by a change of it";
  });
}

TEST_P(DefinitionStoreConformance, OtherKeysAreNotServices) {
  play([](World w) -> Task<> {
    DefinitionStore store(w.kv(), w.scope);
    for (auto key :
         {"_/revisions/1", "_/path", "_x/path", "top", "deep/er/path", "service/go-demo", "half/color"})
      co_await set_key(w, key, "/v");
    auto snapshot = co_await must(store.load(soon()));
    EXPECT_TRUE(snapshot.services.empty());
    EXPECT_TRUE(snapshot.broken.empty());
    auto code = co_await must_fail(store.remove("_", soon()));
    EXPECT_EQ(code, Errc::InvalidArgument);
    code = co_await must_fail(store.remove("", soon()));
    EXPECT_EQ(code, Errc::InvalidArgument);
    auto kept = co_await value_of(w, "_/revisions/1");
    EXPECT_EQ(kept, "/v");
  });
}

TEST_P(DefinitionStoreConformance, PrefixesDoNotSeeEachOther) {
  play([](World w) -> Task<> {
    DefinitionStore one(w.kv(), w.scope), two(w.kv(), w.scope + "-2");
    co_await must(one.put(make_service(w, "go-demo"), 0, soon()));
    auto snapshot = co_await must(two.load(soon()));
    EXPECT_TRUE(snapshot.blank);
  });
}

}  // namespace
}  // namespace dfp::registry::testing
