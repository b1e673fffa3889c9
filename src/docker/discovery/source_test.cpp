#include "docker/discovery/source.hpp"

#include <gmock/gmock.h>

#include "base/testing.hpp"
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
  auto* web = view ? view->find("web") : nullptr;
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
    ContainerSource source(engine, "", {});
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

TEST(ContainerSources, BearTheNameOfTheEngine) {
  dfp::testing::run([](Executor executor) -> Task<> {
    FakeEngine engine(executor);
    ContainerSource source(engine, "", {});
    auto view = co_await source.read(Deadline::after(5s));
    EXPECT_TRUE(view);
    EXPECT_EQ(source.author(), "label docker node-1");
  });
}

}  // namespace
}  // namespace dfp::docker::discovery
