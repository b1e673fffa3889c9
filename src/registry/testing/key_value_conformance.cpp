#include <boost/asio/co_spawn.hpp>

#include "base/wait.hpp"
#include "registry/testing/conformance.hpp"

namespace dfp::registry::testing {
namespace {
using namespace std::chrono_literals;

std::vector<Operation> just(Operation operation) { return {std::move(operation)}; }

Task<std::uint64_t> put(KeyValue* kv, std::string key, std::string value) {
  co_return co_await must(kv->transact(just(Put{std::move(key), std::move(value)}), soon()));
}

Task<> put_later(KeyValue* kv, std::string key, std::string value) {
  co_await sleep_for(100ms);
  co_await put(kv, std::move(key), std::move(value));
}

Task<> delete_later(KeyValue* kv, Operation operation) {
  co_await sleep_for(100ms);
  co_await must(kv->transact(just(std::move(operation)), soon()));
}

std::vector<std::string> keys_of(const Tree& tree) {
  std::vector<std::string> keys;
  for (const auto& entry : tree.entries) keys.push_back(entry.key);
  return keys;
}

TEST_P(KeyValueConformance, AbsentKeyIsNotAnError) {
  play([](World w) -> Task<> {
    auto found = co_await must(w.kv().get(w.key("nothing"), soon()));
    EXPECT_EQ(found, std::nullopt);
    auto tree = co_await must(w.kv().list(w.key(""), soon()));
    EXPECT_TRUE(tree.entries.empty());
    EXPECT_GT(tree.index, 0u) << "an index of 0 would make wait() return at once, for ever";
  });
}

TEST_P(KeyValueConformance, GivesBackWhatWasPut) {
  play([](World w) -> Task<> {
    auto version = co_await put(&w.kv(), w.key("a"), "one");
    auto found = co_await must(w.kv().get(w.key("a"), soon()));
    EXPECT_EQ(found, (Entry{w.key("a"), "one", version}));
    EXPECT_GT(version, 0u);
  });
}

TEST_P(KeyValueConformance, ValuesAreBytes) {
  play([](World w) -> Task<> {
    std::string bytes;
    for (int round = 0; round < 3; ++round)
      for (int c = 0; c < 256; ++c) bytes.push_back(static_cast<char>(c));
    for (const auto& value : {bytes, bytes + "x", std::string(), std::string(1, '\0')}) {
      co_await put(&w.kv(), w.key("bytes"), value);
      auto found = co_await must(w.kv().get(w.key("bytes"), soon()));
      EXPECT_TRUE(found && found->value == value);
      auto tree = co_await must(w.kv().list(w.key("bytes"), soon()));
      EXPECT_TRUE(tree.entries.size() == 1 && tree.entries[0].value == value);
    }
  });
}

TEST_P(KeyValueConformance, KeysMayHoldAnyPrintableCharacter) {
  play([](World w) -> Task<> {
    for (auto name : {"a b", "100%", "q?x=1&y=2#z", "a+b", "grüße", "quote\"\\'", "%2F"}) {
      co_await put(&w.kv(), w.key(name), name);
      auto found = co_await must(w.kv().get(w.key(name), soon()));
      EXPECT_TRUE(found && found->key == w.key(name) && found->value == name) << name;
    }
    auto tree = co_await must(w.kv().list(w.key(""), soon()));
    EXPECT_EQ(tree.entries.size(), 7u);
  });
}

TEST_P(KeyValueConformance, BigValuesAreKept) {
  play([](World w) -> Task<> {
    std::string big(kMaxValueBytes, 'x');
    co_await put(&w.kv(), w.key("big"), big);
    auto found = co_await must(w.kv().get(w.key("big"), soon()));
    EXPECT_TRUE(found && found->value == big);
  });
}

TEST_P(KeyValueConformance, TooBigValuesAreRefusedByName) {
  play([](World w) -> Task<> {
    std::string big(kMaxValueBytes + 1, 'x');
    auto result = co_await w.kv().transact(just(Put{w.key("big"), big}), soon());
    EXPECT_FALSE(result);
    if (!result) EXPECT_EQ(result.error().code, Errc::InvalidArgument);
    if (!result) EXPECT_NE(result.error().what.find(w.key("big")), std::string::npos);
  });
}

TEST_P(KeyValueConformance, ListsAPrefixInByteOrder) {
  play([](World w) -> Task<> {
    for (auto name : {"app/b", "app/a", "apple", "app/a-1/x", "app/a/x", "app", "z"})
      co_await put(&w.kv(), w.key(name), "v");
    auto tree = co_await must(w.kv().list(w.key("app/"), soon()));
    EXPECT_EQ(keys_of(tree), (std::vector<std::string>{w.key("app/a"), w.key("app/a-1/x"), w.key("app/a/x"),
                                                       w.key("app/b")}));
    for (const auto& entry : tree.entries) EXPECT_LE(entry.version, tree.index);
  });
}

TEST_P(KeyValueConformance, VersionsGrowWithEveryNewValue) {
  play([](World w) -> Task<> {
    auto first = co_await put(&w.kv(), w.key("a"), "1");
    auto second = co_await put(&w.kv(), w.key("a"), "2");
    auto other = co_await put(&w.kv(), w.key("b"), "1");
    EXPECT_LT(first, second);
    EXPECT_LT(second, other);
    auto found = co_await must(w.kv().get(w.key("a"), soon()));
    EXPECT_TRUE(found && found->version == second);
  });
}

TEST_P(KeyValueConformance, AllKeysOfATransactionShareTheirVersion) {
  play([](World w) -> Task<> {
    std::vector<Operation> both{Put{w.key("a"), "1"}, Put{w.key("b"), "1"}};
    auto version = co_await must(w.kv().transact(both, soon()));
    auto tree = co_await must(w.kv().list(w.key(""), soon()));
    EXPECT_EQ(tree.entries, (std::vector<Entry>{{w.key("a"), "1", version}, {w.key("b"), "1", version}}));
  });
}

TEST_P(KeyValueConformance, PutIfVersionZeroCreatesOnce) {
  play([](World w) -> Task<> {
    auto version = co_await must(w.kv().transact(just(PutIfVersion{w.key("a"), "mine", 0}), soon()));
    auto code = co_await must_fail(w.kv().transact(just(PutIfVersion{w.key("a"), "yours", 0}), soon()));
    EXPECT_EQ(code, Errc::Conflict);
    auto found = co_await must(w.kv().get(w.key("a"), soon()));
    EXPECT_EQ(found, (Entry{w.key("a"), "mine", version}));
  });
}

TEST_P(KeyValueConformance, PutIfVersionNeedsThePresentVersion) {
  play([](World w) -> Task<> {
    auto first = co_await put(&w.kv(), w.key("a"), "1");
    auto second = co_await must(w.kv().transact(just(PutIfVersion{w.key("a"), "2", first}), soon()));
    auto code = co_await must_fail(w.kv().transact(just(PutIfVersion{w.key("a"), "3", first}), soon()));
    EXPECT_EQ(code, Errc::Conflict);
    co_await must(w.kv().transact(just(PutIfVersion{w.key("a"), "3", second}), soon()));
    code = co_await must_fail(w.kv().transact(just(PutIfVersion{w.key("absent"), "1", second}), soon()));
    EXPECT_EQ(code, Errc::Conflict);
  });
}

TEST_P(KeyValueConformance, ARefusedTransactionChangesNothing) {
  play([](World w) -> Task<> {
    auto version = co_await put(&w.kv(), w.key("guard"), "1");
    co_await put(&w.kv(), w.key("tree/x"), "1");
    for (auto wrong : {std::uint64_t{0}, version + 1}) {
      std::vector<Operation> all{Put{w.key("a"), "1"}, Delete{w.key("guard")}, DeleteTree{w.key("tree/")},
                                 CheckVersion{w.key("absent"), wrong == 0 ? version : 0},
                                 PutIfVersion{w.key("b"), "1", wrong == 0 ? 0 : wrong}};
      auto code = co_await must_fail(w.kv().transact(all, soon()));
      EXPECT_EQ(code, Errc::Conflict);
    }
    auto tree = co_await must(w.kv().list(w.key(""), soon()));
    EXPECT_EQ(keys_of(tree), (std::vector<std::string>{w.key("guard"), w.key("tree/x")}));
  });
}

TEST_P(KeyValueConformance, CheckVersionGuardsOtherWrites) {
  play([](World w) -> Task<> {
    auto version = co_await put(&w.kv(), w.key("guard"), "1");
    std::vector<Operation> good{CheckVersion{w.key("guard"), version}, CheckVersion{w.key("absent"), 0},
                                Put{w.key("a"), "1"}};
    co_await must(w.kv().transact(good, soon()));
    std::vector<Operation> bad{CheckVersion{w.key("guard"), 0}, Put{w.key("a"), "2"}};
    auto code = co_await must_fail(w.kv().transact(bad, soon()));
    EXPECT_EQ(code, Errc::Conflict);
    auto found = co_await must(w.kv().get(w.key("a"), soon()));
    EXPECT_TRUE(found && found->value == "1");
  });
}

TEST_P(KeyValueConformance, DeletesKeysAndTrees) {
  play([](World w) -> Task<> {
    for (auto name : {"a", "ab", "a/x", "a/y/z", "b"}) co_await put(&w.kv(), w.key(name), "v");
    co_await must(w.kv().transact(just(DeleteTree{w.key("a/")}), soon()));
    co_await must(w.kv().transact(just(Delete{w.key("b")}), soon()));
    co_await must(w.kv().transact(just(Delete{w.key("never-there")}), soon()));
    co_await must(w.kv().transact(just(DeleteTree{w.key("never-there/")}), soon()));
    auto tree = co_await must(w.kv().list(w.key(""), soon()));
    EXPECT_EQ(keys_of(tree), (std::vector<std::string>{w.key("a"), w.key("ab")}));
  });
}

TEST_P(KeyValueConformance, ADeletionHasAVersionAfterTheDeletedKey) {
  play([](World w) -> Task<> {
    auto written = co_await put(&w.kv(), w.key("a/x"), "v");
    auto deleted = co_await must(w.kv().transact(just(DeleteTree{w.key("a/")}), soon()));
    EXPECT_GT(deleted, written);
    auto tree = co_await must(w.kv().list(w.key(""), soon()));
    EXPECT_GE(tree.index, deleted);
  });
}

TEST_P(KeyValueConformance, SixtyOperationsFitInATransaction) {
  play([](World w) -> Task<> {
    std::vector<Operation> many;
    for (std::size_t i = 0; i < kMaxOperations; ++i) many.push_back(Put{w.key(std::to_string(i)), "v"});
    co_await must(w.kv().transact(many, soon()));
    auto tree = co_await must(w.kv().list(w.key(""), soon()));
    EXPECT_EQ(tree.entries.size(), kMaxOperations);
  });
}

TEST_P(KeyValueConformance, WaitFromZeroReturnsAtOnce) {
  play([](World w) -> Task<> {
    auto index = co_await must(w.kv().wait(w.key(""), 0, soon()));
    EXPECT_GT(index, 0u);
  });
}

TEST_P(KeyValueConformance, WaitSeesWhatChangedSinceTheIndex) {
  play([](World w) -> Task<> {
    auto tree = co_await must(w.kv().list(w.key(""), soon()));
    auto version = co_await put(&w.kv(), w.key("a"), "1");
    auto index = co_await must(w.kv().wait(w.key(""), tree.index, soon()));
    EXPECT_GE(index, version);
  });
}

TEST_P(KeyValueConformance, WaitEndsWithTimeoutWhenNothingChanges) {
  play([](World w) -> Task<> {
    co_await put(&w.kv(), w.key("a"), "1");
    auto tree = co_await must(w.kv().list(w.key(""), soon()));
    auto began = Clock::now();
    auto code = co_await must_fail(w.kv().wait(w.key(""), tree.index, Deadline::after(400ms)));
    EXPECT_EQ(code, Errc::Timeout);
    EXPECT_GE(Clock::now() - began, 300ms);
    EXPECT_LT(Clock::now() - began, 5s);
  });
}

TEST_P(KeyValueConformance, WaitWakesForAWriteADeletionAndATreeDeletion) {
  play([](World w) -> Task<> {
    co_await put(&w.kv(), w.key("tree/a"), "1");
    auto before = co_await must(w.kv().list(w.key(""), soon()));
    spawn(w.executor, put_later(&w.kv(), w.key("b"), "1"), "put_later");
    auto written = co_await must(w.kv().wait(w.key(""), before.index, soon()));
    EXPECT_GT(written, before.index);
    spawn(w.executor, delete_later(&w.kv(), Delete{w.key("b")}), "delete_later");
    auto deleted = co_await must(w.kv().wait(w.key(""), written, soon()));
    EXPECT_GT(deleted, written);
    spawn(w.executor, delete_later(&w.kv(), DeleteTree{w.key("tree/")}), "delete_later");
    auto cleared = co_await must(w.kv().wait(w.key(""), deleted, soon()));
    EXPECT_GT(cleared, deleted);
    auto after = co_await must(w.kv().list(w.key(""), soon()));
    EXPECT_TRUE(after.entries.empty());
  });
}

TEST_P(KeyValueConformance, WaitIsPromptAfterAWriteOfTheSameProcess) {
  play([](World w) -> Task<> {
    auto tree = co_await must(w.kv().list(w.key(""), soon()));
    auto began = Clock::now();
    spawn(w.executor, put_later(&w.kv(), w.key("a"), "1"), "put_later");
    co_await must(w.kv().wait(w.key(""), tree.index, soon()));
    EXPECT_LT(Clock::now() - began, 1s);
  });
}

TEST_P(KeyValueConformance, APassedDeadlineIsATimeout) {
  play([](World w) -> Task<> {
    auto code = co_await must_fail(w.kv().get(w.key("a"), Deadline{Clock::now() - 1s}));
    EXPECT_EQ(code, Errc::Timeout);
    code = co_await must_fail(w.kv().transact(just(Put{w.key("a"), "1"}), Deadline{Clock::now() - 1s}));
    EXPECT_EQ(code, Errc::Timeout);
    auto found = co_await must(w.kv().get(w.key("a"), soon()));
    EXPECT_EQ(found, std::nullopt);
  });
}

}  // namespace
}  // namespace dfp::registry::testing
