#include "docker/engine_client.hpp"

#include <gmock/gmock.h>

#include "base/testing.hpp"
#include "net/testing/http_imposter.hpp"

namespace dfp::docker {
namespace {
using namespace std::chrono_literals;
using net::HttpResponse;
using net::testing::HttpImposter;
using ::testing::HasSubstr;

Deadline soon() { return Deadline::after(5s); }

/// An engine that speaks up to `version`.
void speaks(HttpImposter& engine, const std::string& version) {
  engine.on("GET", "/_ping", HttpResponse(200, "OK", {{"Api-Version", version}}));
}

TEST(EngineVersion, IsTheNewestThatBothSpeak) {
  EXPECT_EQ(negotiated_version("1.41"), "1.41");
  EXPECT_EQ(negotiated_version("1.52"), "1.44");
  EXPECT_EQ(negotiated_version("1.9"), "1.9");
  EXPECT_EQ(negotiated_version("2.0"), "1.44");
  EXPECT_EQ(negotiated_version(""), "1.24");
  EXPECT_EQ(negotiated_version("new"), "1.24");
}

TEST(DockerHost, TakesWhatDockersOwnToolsTake) {
  auto local = parse_docker_host("unix:///var/run/docker.sock", false);
  ASSERT_TRUE(local);
  EXPECT_EQ(local->kind, net::Endpoint::Kind::Unix);
  EXPECT_EQ(parse_docker_host("tcp://10.0.0.1", false)->port, 2375);
  auto secured = parse_docker_host("tcp://10.0.0.1", true);
  EXPECT_EQ(secured->port, 2376);
  EXPECT_EQ(secured->kind, net::Endpoint::Kind::Tls);
  EXPECT_EQ(parse_docker_host("ssh://x", false).error().code, Errc::InvalidArgument);
}

TEST(EngineClients, AskForTheVersionOnce) {
  testing::run([](Executor executor) -> Task<> {
    HttpImposter engine(executor);
    speaks(engine, "1.41");
    engine.on("GET", "/v1.41/containers/json", HttpResponse(200, R"([{"Id":"a"},{"Id":"b"}])"));
    EngineClient client(executor, engine.endpoint());
    for (int i = 0; i < 2; ++i) {
      auto ids = co_await client.container_ids(false, soon());
      EXPECT_TRUE(ids);
      if (ids) EXPECT_THAT(*ids, ::testing::ElementsAre("a", "b"));
    }
    EXPECT_EQ(engine.count("GET", "/_ping"), 1u);
    EXPECT_EQ(client.version(), "1.41");
  });
}

TEST(EngineClients, NegotiateAgainAfterTheEngineWasAway) {
  testing::run([](Executor executor) -> Task<> {
    HttpImposter engine(executor);
    speaks(engine, "1.41");
    engine.on("GET", "/v1.41/services", HttpResponse(200, "[]"));
    EngineClient client(executor, engine.endpoint());
    auto before = co_await client.services(soon());
    EXPECT_TRUE(before);
    engine.stop();
    auto away = co_await client.services(soon());
    EXPECT_FALSE(away);
    if (!away) EXPECT_EQ(away.error().code, Errc::Unavailable);
    engine.start_again();
    speaks(engine, "1.40");
    engine.on("GET", "/v1.40/services", HttpResponse(200, "[]"));
    auto after = co_await client.services(soon());
    EXPECT_TRUE(after);
  });
}

TEST(EngineClients, TellFailuresApart) {
  testing::run([](Executor executor) -> Task<> {
    HttpImposter engine(executor);
    speaks(engine, "1.41");
    engine.on("GET", "/v1.41/containers/gone/json",
              HttpResponse(404, R"({"message":"No such container: gone"})"));
    engine.on("GET", "/v1.41/nodes", HttpResponse(503, R"({"message":"This node is not a swarm manager."})"));
    engine.on("GET", "/v1.41/tasks", HttpResponse(500, R"({"message":"rpc error"})"));
    EngineClient client(executor, engine.endpoint());
    auto gone = co_await client.container("gone", soon());
    EXPECT_EQ(gone.error().code, Errc::NotFound);
    EXPECT_EQ(gone.error().what, "docker: No such container: gone");
    auto nodes = co_await client.nodes(soon());
    EXPECT_EQ(nodes.error().code, Errc::Unavailable);
    auto tasks = co_await client.tasks(soon());
    EXPECT_EQ(tasks.error().code, Errc::Rejected);
    EXPECT_THAT(tasks.error().what, HasSubstr("rpc error (status 500)"));
  });
}

TEST(EngineClients, SendFiltersAsJsonInTheQuery) {
  testing::run([](Executor executor) -> Task<> {
    HttpImposter engine(executor);
    speaks(engine, "1.41");
    engine.on("GET", "/v1.41/tasks", HttpResponse(200, "[]"));
    EngineClient client(executor, engine.endpoint());
    auto tasks = co_await client.tasks(soon());
    EXPECT_TRUE(tasks);
    EXPECT_EQ(engine.requests().back().target,
              "/v1.41/tasks?filters=%7B%22desired-state%22%3A%5B%22running%22%5D%7D");
  });
}

TEST(EngineClients, AContainerNameIsJustData) {
  testing::run([](Executor executor) -> Task<> {
    HttpImposter engine(executor);
    speaks(engine, "1.41");
    EngineClient client(executor, engine.endpoint());
    auto answer = co_await client.container("../info?x=1", soon());
    EXPECT_FALSE(answer);
    EXPECT_EQ(engine.requests().back().target, "/v1.41/containers/..%2Finfo%3Fx%3D1/json");
  });
}

TEST(EngineClients, ReadTheEventStream) {
  testing::run([](Executor executor) -> Task<> {
    HttpImposter engine(executor);
    speaks(engine, "1.41");
    engine.on("GET", "/v1.41/events",
              HttpResponse(
                  200,
                  "{\"Type\":\"container\",\"Action\":\"start\",\"Actor\":{\"ID\":\"a\"},\"timeNano\":5}\n"
                  "garbage\n"
                  "{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"a\"},\"timeNano\":6}\n"));
    EngineClient client(executor, engine.endpoint());
    std::vector<std::string> actions;
    int opened = 0;
    std::function<void()> on_open = [&] { ++opened; };
    std::function<bool(Event)> on_event = [&](Event event) {
      actions.push_back(event.action);
      return true;
    };
    EventFilter filter{.types = {"container"}, .actions = {"start", "die"}};
    auto ended = co_await client.events(filter, 1500000000ns, on_open, on_event, 5s);
    EXPECT_TRUE(ended);
    EXPECT_EQ(opened, 1);
    EXPECT_THAT(actions, ::testing::ElementsAre("start", "die"));
    EXPECT_THAT(engine.requests().back().target, HasSubstr("&since=1.500000000"));
    EXPECT_THAT(engine.requests().back().target, HasSubstr("filters=%7B%22type%22%3A%5B%22container%22%5D%2C%"
                                                           "22event%22%3A%5B%22start%22%2C%22die%22%5D%7D"));
  });
}

TEST(EngineClients, ARefusedSubscriptionIsAnError) {
  testing::run([](Executor executor) -> Task<> {
    HttpImposter engine(executor);
    speaks(engine, "1.41");
    engine.on("GET", "/v1.41/events", HttpResponse(400, R"({"message":"invalid filter"})"));
    EngineClient client(executor, engine.endpoint());
    bool opened = false;
    std::function<void()> on_open = [&] { opened = true; };
    std::function<bool(Event)> on_event = [](Event) { return true; };
    auto ended = co_await client.events({}, 0ns, on_open, on_event, 5s);
    EXPECT_FALSE(ended);
    EXPECT_FALSE(opened);
    if (!ended) EXPECT_THAT(ended.error().what, HasSubstr("invalid filter"));
  });
}

}  // namespace
}  // namespace dfp::docker
