#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/file.hpp"
#include "reconcile/testing/proxy_rig.hpp"

/// Starts at which a source is silent, blank, damaged, or has lost something: nothing that is served is taken
/// away.
namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;
using testing::definition;
using testing::eventually;
using testing::FakeRegistry;
using testing::instance;
using testing::Proxy;
using testing::with_registry;

using Names = std::set<std::string>;

/// A registry, a last known state and a HAProxy that an earlier proxy left behind, with services a, b and c.
class Start : public ::testing::Test {
 protected:
  using Body = std::function<Task<>(Executor, FakeRegistry&)>;

  Start() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~Start() override { std::filesystem::remove_all(folder_); }

  void after_an_earlier_life(Body body) {
    with_registry([&](Executor executor, FakeRegistry& registry) -> Task<> {
      Proxy first(executor, registry, {file});
      co_await first.start();
      for (std::string name : {"a", "b", "c"}) {
        registry.put_instance(instance(name, name));
        auto done = co_await first.reconciler.reconfigure(definition(name, "/" + name), "test");
        EXPECT_TRUE(done);
      }
      co_await first.reconciler.stop();
      left = first.driver.applied();
      for (auto& [name, service] : left.services) service.changed_by = kFoundAuthor;
      co_await body(executor, registry);
    });
  }

  static void wipe(FakeRegistry& registry, const Names& services, bool marker = false) {
    for (const auto& name : services)
      for (auto key :
           {"color", "path", "domain", "pathtype", "skipcheck", "consultemplatepath", "definition"})
        registry.erase("docker-flow/" + name + "/" + key);
    if (marker) registry.erase("docker-flow/_/changed");
  }

  static Names serving(const Proxy& proxy) {
    Names names;
    for (const auto& [name, service] : proxy.driver.applied().services) names.insert(name);
    return names;
  }

  void spoil_last_known(std::string_view from, const std::string& to) const {
    auto text = file::read(file).value();
    auto at = text.find(from);
    ASSERT_NE(at, text.npos);
    ASSERT_TRUE(file::write_atomic(file, text.replace(at, from.size(), to), false, 0600));
  }

  const Names all{"a", "b", "c"};
  model::DesiredState left;  ///< what HAProxy serves
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / fmt::format("dfp_start_{}", ::getpid());
  std::string file = (folder_ / "last-known.json").string();
};

TEST_F(Start, WithARegistryThatWasWipedServesTheLastKnownState) {
  after_an_earlier_life([&](Executor executor, FakeRegistry& registry) -> Task<> {
    wipe(registry, all, true);
    Proxy second(executor, registry, {file});
    co_await second.start();
    EXPECT_EQ(serving(second), all);
    EXPECT_TRUE(second.reconciler.synchronised());
    EXPECT_TRUE(second.reconciler.kept().contains("a"));
    co_await sleep_for(300ms);
    EXPECT_EQ(serving(second), all);
    EXPECT_FALSE(registry.value("docker-flow/a/definition")) << "nothing is written before something changes";
    auto changed = co_await second.reconciler.reconfigure(definition("a", "/new"), "test");
    EXPECT_TRUE(changed);
    EXPECT_TRUE(registry.value("docker-flow/b/definition")) << "what is served is written back with it";
    EXPECT_TRUE(second.reconciler.kept().empty());
    co_await second.reconciler.stop();
  });
}

TEST_F(Start, ARecordOfANewerVersionCostsOnlyItsOwnService) {
  after_an_earlier_life([&](Executor executor, FakeRegistry& registry) -> Task<> {
    registry.go_away();
    spoil_last_known("\"version\":1", "\"version\":99");
    Proxy second(executor, registry, {file});
    co_await second.start();
    EXPECT_EQ(serving(second), (Names{"b", "c"}));
    EXPECT_TRUE(second.reconciler.set_aside().contains("a"));
    co_await second.reconciler.stop();
    EXPECT_TRUE(file::read(file).value().contains("\"version\":99")) << "a newer program may read it";

    Proxy third(executor, registry, {file});
    third.driver.running = left;
    co_await third.start();
    EXPECT_EQ(serving(third), all) << "and what HAProxy serves goes on";
    EXPECT_TRUE(third.reconciler.set_aside().contains("a"));
    registry.come_back();
    co_await eventually([&] { return third.reconciler.synchronised(); }, "synchronised");
    EXPECT_TRUE(third.reconciler.set_aside().empty());
    EXPECT_EQ(third.driver.applied().services.at("a").changed_by, "test");
    co_await third.reconciler.stop();
  });
}

TEST_F(Start, WithoutRegistryAndLastKnownStateLeavesTheRunningProxyAlone) {
  after_an_earlier_life([&](Executor executor, FakeRegistry& registry) -> Task<> {
    for (auto* text : {"", "{}", "garbage", "{\"a\": "}) {
      registry.go_away();
      std::ofstream(file) << text;
      Proxy second(executor, registry, {file});
      second.driver.running = left;
      co_await second.start();
      EXPECT_EQ(second.driver.applied(), left) << text;
      EXPECT_FALSE(second.reconciler.synchronised()) << text;
      registry.come_back();
      co_await eventually([&] { return second.reconciler.synchronised(); }, "synchronised");
      EXPECT_EQ(serving(second), all);
      EXPECT_EQ(second.driver.applied().services.at("a").changed_by, "test");
      co_await second.reconciler.stop();
    }
  });
}

TEST_F(Start, ABlankRegistryIsNoReasonToEmptyAProxyAboutWhichNothingIsKnown) {
  after_an_earlier_life([&](Executor executor, FakeRegistry& registry) -> Task<> {
    wipe(registry, all, true);
    std::filesystem::remove(file);
    Proxy second(executor, registry, {file});
    second.driver.running = left;
    co_await second.start();
    co_await sleep_for(300ms);
    EXPECT_EQ(serving(second), all);
    EXPECT_FALSE(second.reconciler.synchronised()) << "until the registry says something";
    auto changed = co_await second.reconciler.reconfigure(definition("a", "/new"), "test");
    EXPECT_TRUE(changed);
    co_await eventually([&] { return second.reconciler.synchronised(); }, "synchronised");
    EXPECT_EQ(serving(second), all);
    EXPECT_FALSE(registry.value("docker-flow/b/definition")) << "HAProxy does not tell enough for a record";
    co_await second.reconciler.stop();
  });
}

TEST_F(Start, ADamagedRecordOfTheRegistryIsServedAsItWasLast) {
  after_an_earlier_life([&](Executor executor, FakeRegistry& registry) -> Task<> {
    registry.set("docker-flow/b/definition", "{not json");
    for (bool by_last_known : {true, false}) {
      Proxy second(executor, registry, {file});
      if (!by_last_known) {
        std::filesystem::remove(file);
        second.driver.running = left;
      }
      co_await second.start();
      EXPECT_EQ(serving(second), all) << by_last_known;
      EXPECT_TRUE(second.reconciler.set_aside().contains("b"));
      co_await sleep_for(300ms);
      EXPECT_EQ(serving(second), all);
      auto mended = co_await second.reconciler.reconfigure(definition("b", "/b"), "test");
      EXPECT_TRUE(mended);
      EXPECT_TRUE(second.reconciler.set_aside().empty());
      registry.set("docker-flow/b/definition", "{not json");
      co_await second.reconciler.stop();
    }
  });
}

TEST_F(Start, ARegistryThatKnowsAFractionIsAskedTwiceAndTheRestIsHeld) {
  after_an_earlier_life([&](Executor executor, FakeRegistry& registry) -> Task<> {
    wipe(registry, {"a", "b"});
    Proxy second(executor, registry, {file});
    co_await second.start();
    EXPECT_EQ(serving(second), all);
    EXPECT_TRUE(second.reconciler.synchronised());
    auto kept = second.reconciler.kept();
    EXPECT_TRUE(kept["a"].starts_with("lost by the registry")) << kept["a"];
    EXPECT_FALSE(kept.contains("c"));
    co_await second.reconciler.stop();

    testing::ProxyOptions accepting{file};
    accepting.accept_registry = true;
    Proxy third(executor, registry, accepting);
    co_await third.start();
    EXPECT_EQ(serving(third), Names{"c"}) << "the operator says so";
    co_await third.reconciler.stop();
  });
}

TEST_F(Start, WhatWasRemovedMeanwhileIsGone) {
  after_an_earlier_life([&](Executor executor, FakeRegistry& registry) -> Task<> {
    Proxy other(executor, registry);
    co_await other.start();
    co_await other.reconciler.remove("a", "test");
    co_await other.reconciler.remove("b", "test");
    co_await other.reconciler.stop();
    Proxy second(executor, registry, {file});
    second.driver.running = left;
    co_await second.start();
    EXPECT_EQ(serving(second), Names{"c"});
    EXPECT_TRUE(second.reconciler.kept().empty());
    co_await second.reconciler.stop();
  });
}

TEST_F(Start, ARefusedServiceTakesNothingOutOfARunningProxy) {
  after_an_earlier_life([&](Executor executor, FakeRegistry& registry) -> Task<> {
    Proxy second(executor, registry, {file});
    second.driver.running = left;
    second.driver.refused_by_author = {{"b", "test"}};
    co_await second.start();
    EXPECT_EQ(serving(second), all) << "b as it was found";
    EXPECT_FALSE(second.driver.was_emptied);
    EXPECT_TRUE(second.reconciler.set_aside().contains("b"));
    co_await second.reconciler.stop();
  });
}

/// A template, say, whose permission was taken away: neither as stored nor as found is it taken again.
TEST_F(Start, WhatTheProxyWouldNotBeGivenAgainTakesNothingElseOut) {
  after_an_earlier_life([&](Executor executor, FakeRegistry& registry) -> Task<> {
    Proxy second(executor, registry, {file});
    second.driver.running = left;
    second.driver.refused = {"b"};
    second.driver.tells_unfit = true;
    co_await second.start();
    auto others = all;
    others.erase("b");
    EXPECT_EQ(serving(second), others);
    EXPECT_FALSE(second.driver.was_emptied);
    EXPECT_TRUE(second.reconciler.set_aside().contains("b"));
    co_await second.reconciler.stop();
  });
}

TEST_F(Start, GivesTheChecksOfManyTemplatesTheirTime) {
  after_an_earlier_life([&](Executor executor, FakeRegistry& registry) -> Task<> {
    Proxy second(executor, registry, {file});
    second.driver.running = left;
    co_await second.start();
    EXPECT_LE(second.driver.start_time, 30s);
    co_await second.reconciler.stop();
    for (int n = 0; n < 100; ++n) {
      auto& service = second.driver.running.services["t" + std::to_string(n)];
      service.definition.service = "t" + std::to_string(n);
      service.definition.consul_template_path = "t.tmpl";
      service.rendered = "backend x\n";
      service.changed_by = kFoundAuthor;
    }
    Proxy third(executor, registry, {file});
    third.driver.running = second.driver.running;
    co_await third.start();
    EXPECT_GT(third.driver.start_time, 100s);
    co_await third.reconciler.stop();
  });
}

/// It runs, and does not say what it serves: to start it anew could take out what nobody else knows.
TEST_F(Start, AProxyThatDoesNotAnswerIsNotStartedAgain) {
  after_an_earlier_life([&](Executor executor, FakeRegistry& registry) -> Task<> {
    Proxy second(executor, registry, {file});
    second.driver.failures.emplace("found", Error{Errc::Unavailable, "haproxy: it does not answer"});
    auto started = co_await second.reconciler.start();
    EXPECT_FALSE(started);
    EXPECT_EQ(second.driver.starts, 0);
    EXPECT_FALSE(second.reconciler.ready());
    co_await second.reconciler.stop();
  });
}

}  // namespace
}  // namespace dfp::reconcile
