#include "docker/registrator/registrator.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/eventually.hpp"
#include "base/testing.hpp"
#include "docker/testing/fake_engine.hpp"
#include "registry/testing/fake_registry.hpp"

namespace dfp::docker::registrator {
namespace {
using namespace std::chrono_literals;
using dfp::testing::eventually;
using docker::testing::FakeEngine;
using registry::testing::Call;
using registry::testing::FakeRegistry;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Container web(const std::string& name, std::uint16_t port) {
  Container container;
  container.id = name + std::string(64 - name.size(), '0');
  container.name = name;
  container.image = "go-demo";
  container.network_mode = "default";
  container.exposed = {{8080, "tcp"}};
  container.ports[{8080, "tcp"}] = {{"0.0.0.0", port}};
  container.running = true;
  return container;
}

/// A registrator between an engine and a registry in memory.
struct World {
  explicit World(Executor executor_) : executor(executor_), engine(executor), registry(executor) {}

  Executor executor;
  FakeEngine engine;
  FakeRegistry registry;
  std::unique_ptr<Registrator> registrator;

  /// Also replaces an earlier one, as a restart does.
  Task<> start(Options options = {}, TagsTemplate tags = {}) {
    registrator =
        std::make_unique<Registrator>(executor, engine, registry, std::move(options),
                                      HostFacts{.hostname = "host", .ip = "10.0.0.1"}, std::move(tags));
    auto started = co_await registrator->start();
    EXPECT_TRUE(started) << started.error().what;
  }
  void run(const Container& container) { engine.containers[container.id] = container; }
  Container& named(const std::string& name) {
    for (auto& [id, container] : engine.containers)
      if (container.name == name) return container;
    throw std::runtime_error("no container " + name);
  }
  void end(const std::string& name, int exit_code = 0) {
    auto& container = named(name);
    container.running = false;
    container.exit_code = exit_code;
  }
  void tell(const std::string& action, const std::string& name) {
    engine.emit("container", action, named(name).id);
  }
  const registry::Registration* entry(const std::string& name) const {
    return registry.registration("host", "host:" + name + ":8080");
  }

  Task<> until_there(const std::string& name) {
    auto there = [this, name] { return entry(name) != nullptr; };
    co_await eventually(there, "entry of " + name);
  }
  Task<> until_gone(const std::string& name) {
    auto gone = [this, name] { return entry(name) == nullptr; };
    co_await eventually(gone, "no entry of " + name);
  }
  /// Until the registrator has compared once more without finding anything to do.
  Task<> settled() {
    for (int i = 0; i < 2; ++i) {
      auto passes = registrator->status().passes;
      engine.emit("container", "start", "nobody");
      auto more = [this, passes] { return registrator->status().passes > passes; };
      co_await eventually(more, "one more pass");
    }
  }
};

/// Plays a scenario and ends the registrator.
void play(Task<> (*scenario)(World&)) {
  dfp::testing::run([&](Executor executor) -> Task<> {
    World world(executor);
    co_await scenario(world);
    if (world.registrator) co_await world.registrator->stop();
  });
}

TEST(RegistratorLoop, WhatRunsAtTheStartIsRegistered) {
  play([](World& w) -> Task<> {
    w.run(web("a", 1000));
    w.run(web("b", 1001));
    co_await w.start();
    EXPECT_NE(w.entry("a"), nullptr);
    EXPECT_NE(w.entry("b"), nullptr);
  });
}

TEST(RegistratorLoop, FollowsStartAndDie) {
  play([](World& w) -> Task<> {
    co_await w.start();
    w.run(web("a", 1000));
    w.tell("start", "a");
    co_await w.until_there("a");
    w.end("a");
    w.tell("die", "a");
    co_await w.until_gone("a");
  });
}

TEST(RegistratorLoop, HealthProbesDoNotMakeItList) {
  play([](World& w) -> Task<> {
    co_await w.start();
    co_await w.settled();
    auto before = w.engine.listings();
    for (auto action : {"exec_create: /bin/probe", "exec_start: /bin/probe", "exec_die", "top"})
      w.engine.emit("container", action, "x");
    co_await sleep_for(50ms);
    EXPECT_EQ(w.engine.listings(), before);
  });
}

TEST(RegistratorLoop, ABurstOfEventsIsOneReason) {
  play([](World& w) -> Task<> {
    co_await w.start();
    co_await w.settled();
    auto before = w.engine.listings();
    for (int i = 0; i < 500; ++i) w.engine.emit("container", "start", "x");
    co_await sleep_for(100ms);
    EXPECT_LE(w.engine.listings() - before, 3);
  });
}

TEST(RegistratorLoop, FollowsHealthPauseAndRename) {
  play([](World& w) -> Task<> {
    auto container = web("a", 1000);
    container.health = ContainerHealth::Starting;
    w.run(container);
    co_await w.start();
    EXPECT_EQ(w.entry("a")->instance.health, model::Health::Critical);
    w.named("a").health = ContainerHealth::Healthy;
    w.tell("health_status: healthy", "a");
    auto passing = [&] { return w.entry("a")->instance.health == model::Health::Passing; };
    co_await eventually(passing, "passing");
    w.named("a").paused = true;
    w.tell("pause", "a");
    auto critical = [&] { return w.entry("a")->instance.health == model::Health::Critical; };
    co_await eventually(critical, "critical");
    w.named("a").name = "b";
    w.tell("rename", "b");
    co_await w.until_there("b");
    co_await w.until_gone("a");
  });
}

TEST(RegistratorLoop, AContainerThatCannotBeReadHidesNoOther) {
  play([](World& w) -> Task<> {
    w.run(web("a", 1000));
    co_await w.start();
    co_await w.until_there("a");
    w.engine.unreadable = {w.named("a").id};
    w.run(web("b", 1001));
    w.tell("start", "b");
    co_await w.until_there("b");
    EXPECT_NE(w.entry("a"), nullptr);
    EXPECT_EQ(w.registrator->status().error, "");
  });
}

TEST(RegistratorLoop, ALostEventIsMadeUpForByTheResync) {
  play([](World& w) -> Task<> {
    co_await w.start({.resync = 1s});
    w.run(web("a", 1000));
    co_await w.until_there("a");
  });
}

TEST(RegistratorLoop, AfterALostStreamItComparesAgain) {
  play([](World& w) -> Task<> {
    w.run(web("a", 1000));
    co_await w.start();
    co_await w.settled();
    w.engine.break_streams();
    w.end("a");
    w.run(web("b", 1001));
    co_await w.until_gone("a");
    co_await w.until_there("b");
  });
}

TEST(RegistratorLoop, WhileTheEngineIsAwayNothingIsRemoved) {
  play([](World& w) -> Task<> {
    w.run(web("a", 1000));
    co_await w.start({.resync = 1s});
    w.engine.go_away();
    auto failing = [&] { return !w.registrator->status().error.empty(); };
    co_await eventually(failing, "a failed pass");
    EXPECT_NE(w.entry("a"), nullptr);
    w.end("a");
    w.engine.come_back();
    co_await w.until_gone("a");
    EXPECT_EQ(w.registrator->status().error, "");
  });
}

TEST(RegistratorLoop, WhatTheRegistryLostIsRegisteredAgain) {
  play([](World& w) -> Task<> {
    w.run(web("a", 1000));
    co_await w.start({.resync = 1s});
    w.registry.drop_instance("host", "host:a:8080");
    co_await w.until_there("a");
  });
}

TEST(RegistratorLoop, SurvivesARegistryThatIsAway) {
  play([](World& w) -> Task<> {
    co_await w.start();
    co_await w.settled();
    w.registry.go_away();
    w.run(web("a", 1000));
    w.tell("start", "a");
    auto failing = [&] { return !w.registrator->status().error.empty(); };
    co_await eventually(failing, "a failed pass");
    w.registry.come_back();
    co_await w.until_there("a");
  });
}

TEST(RegistratorLoop, OrphansOfAnEarlierRunAreRemoved) {
  play([](World& w) -> Task<> {
    w.run(web("a", 1000));
    w.run(web("b", 1001));
    co_await w.start();
    co_await w.registrator->stop();
    w.end("a");
    co_await w.start();
    EXPECT_EQ(w.entry("a"), nullptr);
    EXPECT_NE(w.entry("b"), nullptr);
  });
}

TEST(RegistratorLoop, EntriesOfOthersAreLeftAlone) {
  play([](World& w) -> Task<> {
    model::Instance foreign;
    foreign.service = "app";
    foreign.node = "host";
    foreign.id = "by-hand";
    w.registry.put_instance(foreign);
    co_await w.start({.cleanup = true});
    co_await w.settled();
    EXPECT_NE(w.registry.registration("host", "by-hand"), nullptr);
  });
}

TEST(RegistratorLoop, EntriesStayWhenItEnds) {
  play([](World& w) -> Task<> {
    w.run(web("a", 1000));
    co_await w.start();
    co_await w.registrator->stop();
    EXPECT_NE(w.entry("a"), nullptr);
  });
}

TEST(RegistratorLoop, RenewsBeforeTheLifetimeEnds) {
  play([](World& w) -> Task<> {
    w.run(web("a", 1000));
    co_await w.start({.ttl = 2s, .refresh = 1s});
    auto renewed = [&] { return w.registrator->status().renewed >= 3; };
    co_await eventually(renewed, "three renewals");
    EXPECT_NE(w.entry("a"), nullptr);
    EXPECT_EQ(w.registrator->status().enrolled, 1u);
  });
}

TEST(RegistratorLoop, ALapsedEntryComesBack) {
  play([](World& w) -> Task<> {
    w.run(web("a", 1000));
    co_await w.start({.ttl = 2s, .refresh = 1s});
    w.registry.drop_instance("host", "host:a:8080");
    co_await w.until_there("a");
  });
}

TEST(RegistratorLoop, OnSuccessKeepsTheEntryOfAFailedContainer) {
  play([](World& w) -> Task<> {
    for (auto name : {"failed", "ended", "killed"}) w.run(web(name, 1000));
    co_await w.start({.deregister = Deregister::OnSuccess});
    w.end("failed", 1);
    w.end("ended", 0);
    w.end("killed", 137);
    co_await w.settled();
    EXPECT_NE(w.entry("failed"), nullptr);
    EXPECT_EQ(w.entry("ended"), nullptr);
    EXPECT_EQ(w.entry("killed"), nullptr);
  });
}

TEST(RegistratorLoop, OnSuccessRemembersTheExitOfARemovedContainer) {
  play([](World& w) -> Task<> {
    for (auto name : {"failed", "ended"}) w.run(web(name, 1000));
    co_await w.start({.deregister = Deregister::OnSuccess});
    co_await w.settled();
    for (auto [name, code] : {std::pair{"failed", "1"}, {"ended", "0"}}) {
      auto id = w.named(name).id;
      w.engine.containers.erase(id);
      w.engine.emit({.type = "container", .action = "die", .id = id, .attributes = {{"exitCode", code}}});
    }
    co_await w.until_gone("ended");
    EXPECT_NE(w.entry("failed"), nullptr);
  });
}

TEST(RegistratorLoop, OneRefusedEntryDoesNotHinderTheOthers) {
  play([](World& w) -> Task<> {
    co_await w.start();
    co_await w.settled();
    w.registry.fail_next(1, {Errc::Rejected, "registry: no"}, Call::Enroll);
    w.run(web("a", 1000));
    w.run(web("b", 1001));
    w.tell("start", "a");
    co_await w.until_there("a");
    co_await w.until_there("b");
  });
}

/// As the engine would write the container `web`.
void run_json(World& w, const std::string& name, const std::string& image) {
  auto container = web(name, 1000);
  w.run(container);
  w.engine.container_jsons[container.id] = fmt::format(
      R"({{"Id":"{}","Name":"/{}","Config":{{"Image":"{}"}},"State":{{"Running":true}},
          "NetworkSettings":{{"Ports":{{"8080/tcp":[{{"HostIp":"0.0.0.0","HostPort":"1000"}}]}}}}}})",
      container.id, name, image);
}

Result<std::string> image_as_tag(std::string_view inspected) {
  if (inspected.contains("\"bad\"")) return fail(Errc::InvalidArgument, "no such field");
  return std::string(inspected.contains("\"first\"") ? "first" : "second");
}

TEST(RegistratorLoop, ATemplateOfTagsSeesTheEnginesWords) {
  play([](World& w) -> Task<> {
    run_json(w, "a", "first");
    run_json(w, "b", "bad");
    co_await w.start({}, image_as_tag);
    EXPECT_THAT(w.entry("a")->instance.tags, ElementsAre("first"));
    EXPECT_EQ(w.entry("b"), nullptr);
    EXPECT_THAT(w.registrator->status().problems, ElementsAre("b: --tags: no such field"));
    run_json(w, "a", "second");
    w.tell("update", "a");
    auto followed = [&] { return w.entry("a")->instance.tags == std::vector<std::string>{"second"}; };
    co_await eventually(followed, "the tag is followed");
  });
}

TEST(RegistratorLoop, TheSameIdTwiceIsReported) {
  play([](World& w) -> Task<> {
    for (auto name : {"a", "b"}) {
      auto container = web(name, 1000);
      container.env = {"SERVICE_ID=same"};
      w.run(container);
    }
    co_await w.start();
    EXPECT_THAT(w.registrator->status().problems, ::testing::ElementsAre(HasSubstr("id same already")));
  });
}

TEST(RegistratorLoop, GivesUpAfterTheGivenAttempts) {
  dfp::testing::run([](Executor executor) -> Task<> {
    World w(executor);
    w.registry.go_away();
    Registrator registrator(executor, w.engine, w.registry, {.retry_attempts = 2, .retry_interval = 1ms},
                            {.hostname = "host", .ip = "10.0.0.1"});
    auto started = co_await registrator.start();
    EXPECT_FALSE(started);
    EXPECT_EQ(registrator.status().passes, 3u);
  });
}

}  // namespace
}  // namespace dfp::docker::registrator
