#include "docker/discovery/source.hpp"

#include <gmock/gmock.h>

#include "base/testing.hpp"
#include "base/wait.hpp"
#include "docker/discovery/instances.hpp"
#include "docker/testing/fake_engine.hpp"

namespace dfp::docker::discovery {
namespace {
using namespace std::chrono_literals;
using docker::testing::FakeEngine;

Event signal_to(const std::string& id, const std::string& signal) {
  return {.type = "container", .action = "kill", .id = id, .attributes = {{"signal", signal}}};
}

/// How many copies of the service "web" may be used.
Task<std::size_t> usable(ContainerSource* source) {
  auto view = co_await source->read(Deadline::after(5s));
  auto* web = view ? (*view)->find("web") : nullptr;
  if (!web) ADD_FAILURE() << "the service is not known any more";
  co_return web ? web->usable() : 0;
}

TEST(ContainerSources, LeaveAContainerThatIsToldToEnd) {
  dfp::testing::run([](Executor executor) -> Task<> {
    FakeEngine engine(executor);
    Container web;
    web.id = "web-id";
    web.name = "web";
    web.running = true;
    web.stop_signal = 3;
    engine.containers["web-id"] = web;
    ContainerSource source(executor, engine, "", {});
    auto count = co_await usable(&source);
    EXPECT_EQ(count, 1u);

    source.note(signal_to("web-id", "15"));
    count = co_await usable(&source);
    EXPECT_EQ(count, 1u) << "not the signal that stops this one";
    source.note(signal_to("web-id", "3"));
    count = co_await usable(&source);
    EXPECT_EQ(count, 0u);
    source.note({.type = "container", .action = "start", .id = "web-id", .attributes = {}});
    count = co_await usable(&source);
    EXPECT_EQ(count, 1u) << "it was started anew";
    source.note(signal_to("web-id", "9"));
    count = co_await usable(&source);
    EXPECT_EQ(count, 0u) << "nobody survives that one";
    source.note({.type = "container", .action = "start", .id = "web-id", .attributes = {}});
    source.note({.type = "container", .action = "die", .id = "web-id", .attributes = {}});
    auto asked = engine.inspections();
    count = co_await usable(&source);
    EXPECT_EQ(count, 0u) << "it has ended";
    EXPECT_EQ(engine.inspections(), asked) << "an engine does not answer while it is busy with the end";
  });
}

/// Where the only container, in the default bridge, is reached by a proxy in a container with this network
/// mode.
Task<std::string> place_for(Executor executor, std::string network_mode) {
  FakeEngine engine(executor);
  engine.engine_networks = {{"net-bridge", "bridge", "bridge", "local"}};
  auto add = [&](std::string name, std::string mode) -> Container& {
    auto& made = engine.containers[name + "-id"];
    made.id = name + "-id";
    made.name = name;
    made.running = true;
    made.network_mode = std::move(mode);
    return made;
  };
  add("web", "bridge").networks = {{"bridge", "net-bridge", "172.17.0.2", ""}};
  add("sidecar", "bridge").networks = {{"bridge", "net-bridge", "172.17.0.3", ""}};
  add("proxy", std::move(network_mode));
  ContainerSource source(executor, engine, "proxy-id", {});
  auto view = co_await source.read(Deadline::after(5s));
  model::Definition definition;
  definition.service = "web";
  definition.port = 80;
  auto instances = instances_of(**view, *(*view)->find("web"), definition, "");
  co_return instances ? instances->at(0).address : instances.error().what;
}

TEST(ContainerSources, SeeWhatTheNetworkOfTheirContainerReaches) {
  dfp::testing::run([](Executor executor) -> Task<> {
    auto in_hosts = co_await place_for(executor, "host");
    EXPECT_EQ(in_hosts, "172.17.0.2");
    auto in_anothers = co_await place_for(executor, "container:sidecar-id");
    EXPECT_EQ(in_anothers, "172.17.0.2");
    auto in_none = co_await place_for(executor, "none");
    EXPECT_THAT(in_none, ::testing::HasSubstr("no network of service web (bridge) is one of the proxy's"));
  });
}

/// An engine that is slow, or asked by many at once.
TEST(Sources, AnswerManyQuestionsWithOneReading) {
  dfp::testing::run([](Executor executor) -> Task<> {
    FakeEngine engine(executor);
    engine.delay = 50ms;
    SwarmSource source(executor, engine, "");
    auto ask = [&](std::size_t) -> Task<> {
      auto view = co_await source.recent(Deadline::after(5s));
      EXPECT_TRUE(view);
    };
    co_await for_each_concurrently(20, 20, ask);
    EXPECT_EQ(engine.listings(), 1);
    auto view = co_await source.read(Deadline::after(5s));
    EXPECT_EQ(engine.listings(), 2) << "who has to know it as it is now";
    co_await sleep_for(400ms);
    view = co_await source.recent(Deadline::after(5s));
    EXPECT_EQ(engine.listings(), 3) << "what was read has become old";
  });
}

TEST(ContainerSources, AContainerThatCannotBeReadHidesNoOther) {
  dfp::testing::run([](Executor executor) -> Task<> {
    FakeEngine engine(executor);
    for (auto id : {"web", "damaged"}) {
      engine.containers[id].id = id;
      engine.containers[id].name = id;
      engine.containers[id].running = true;
    }
    ContainerSource source(executor, engine, "", {});
    engine.unreadable = {"damaged"};
    auto view = co_await source.read(Deadline::after(5s));
    EXPECT_TRUE(view);
    if (!view) co_return;
    EXPECT_NE((*view)->find("web"), nullptr);
    EXPECT_EQ((*view)->find("damaged"), nullptr);
    engine.unreadable = {"web"};
    view = co_await source.read(Deadline::after(5s));
    EXPECT_NE((*view)->find("web"), nullptr) << "as it was";
    EXPECT_NE((*view)->find("damaged"), nullptr);
    ContainerSource fresh(executor, engine, "", {});
    engine.unreadable = {"web", "damaged"};
    view = co_await fresh.read(Deadline::after(5s));
    EXPECT_FALSE(view) << "an engine that cannot tell about anything is not one without containers";
  });
}

TEST(ContainerSources, BearTheNameOfTheEngine) {
  dfp::testing::run([](Executor executor) -> Task<> {
    FakeEngine engine(executor);
    ContainerSource source(executor, engine, "", {});
    auto view = co_await source.read(Deadline::after(5s));
    EXPECT_TRUE(view);
    EXPECT_EQ(source.author(), "label docker node-1");
  });
}

}  // namespace
}  // namespace dfp::docker::discovery
