#include "docker/discovery/follower.hpp"

#include <gmock/gmock.h>

#include "base/eventually.hpp"
#include "base/testing.hpp"
#include "docker/discovery/instances.hpp"
#include "docker/discovery/listener.hpp"
#include "docker/discovery/testing/swarm_objects.hpp"
#include "docker/testing/fake_engine.hpp"

namespace dfp::docker::discovery {
namespace {
using namespace std::chrono_literals;
using dfp::testing::eventually;
using docker::testing::FakeEngine;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// A proxy that pins what the source shows, and remembers what it was asked.
class FakeProxy : public FollowedProxy {
 public:
  explicit FakeProxy(Source& source) : source_(source) {}

  bool is_ready = true;
  model::DesiredState state;
  std::vector<std::string> asked;
  std::optional<Error> refuse;
  bool claims = false;  ///< no two services may have the same paths

  bool ready() const override { return is_ready; }
  const model::DesiredState& served() const override { return state; }

  Task<Result<>> reconfigure(model::Definition definition, std::string changed_by) override {
    asked.push_back("reconfigure " + definition.service);
    if (refuse) co_return std::unexpected(*refuse);
    for (const auto& [name, other] : state.services)
      if (claims && name != definition.service && other.definition.paths == definition.paths)
        co_return fail(Errc::Conflict, "the path belongs to service " + name);
    auto& service = state.services[definition.service];
    service.definition = definition;
    service.changed_by = changed_by;
    co_return co_await pin(definition.service);
  }
  Task<Result<>> repin(std::string service) override {
    asked.push_back("repin " + service);
    co_return co_await pin(service);
  }
  Task<Result<>> unpin(std::string service, std::set<std::string> ids) override {
    asked.push_back("unpin " + service);
    std::erase_if(state.services[service].instances, [&](const auto& i) { return ids.contains(i.id); });
    co_return Result<>{};
  }
  Task<Result<>> remove(std::string service, std::string) override {
    asked.push_back("remove " + service);
    state.services.erase(service);
    co_return Result<>{};
  }

 private:
  Task<Result<>> pin(std::string name) {
    auto view = co_await source_.read(Deadline::after(1s));
    if (!view) co_return std::unexpected(view.error());
    auto& service = state.services[name];
    auto* found = (*view)->find(service.definition.registered_name());
    service.instances.clear();
    if (!found) co_return Result<>{};
    auto instances = instances_of(**view, *found, service.definition, "");
    if (!instances) co_return std::unexpected(instances.error());
    service.instances = *instances;
    co_return Result<>{};
  }

  Source& source_;
};

const Labels kRouted{{"com.df.notify", "true"}, {"com.df.servicePath", "/web"}, {"com.df.port", "8080"}};

/// A follower between an engine in memory and a proxy in memory.
struct World {
  explicit World(Executor executor_)
      : executor(executor_), engine(executor), source(executor, engine, "proxy"), proxy(source) {
    engine.containers["proxy"] = proxy_container();
    engine.swarm_nodes = {swarm_node("n1"), swarm_node("n2")};
  }

  Executor executor;
  FakeEngine engine;
  SwarmSource source;
  FakeProxy proxy;
  std::unique_ptr<Follower> follower;

  void start(std::chrono::milliseconds retry = 50ms) {
    FollowerSettings settings;
    settings.poll = 20ms;
    settings.poll_fast = 5ms;
    settings.retry_first = retry;
    follower = std::make_unique<Follower>(executor, engine, source, proxy, std::move(settings));
    follower->start();
  }
  void deploy(const std::string& name, std::uint64_t replicas, Labels labels = kRouted) {
    engine.swarm_services.push_back(swarm_service(name, replicas, std::move(labels)));
    for (std::uint64_t slot = 1; slot <= replicas; ++slot)
      engine.swarm_tasks.push_back(swarm_task(name, slot));
  }
  std::size_t serving(const std::string& name) const {
    auto found = proxy.state.services.find(name);
    return found == proxy.state.services.end() ? 0 : found->second.instances.size();
  }
  bool knows(const std::string& name) const { return proxy.state.services.contains(name); }

  Task<> until_serving(std::string name, std::size_t count) {
    auto reached = [this, name, count] { return knows(name) && serving(name) == count; };
    co_await eventually(reached, name + " with " + std::to_string(count));
  }
  Task<> passes(std::uint64_t more) {
    auto goal = follower->status().passes + more;
    auto reached = [this, goal] { return follower->status().passes >= goal; };
    co_await eventually(reached, "more passes");
  }
};

void play(Task<> (*scenario)(World&)) {
  dfp::testing::run([&](Executor executor) -> Task<> {
    World world(executor);
    co_await scenario(world);
    if (world.follower) co_await world.follower->stop();
  });
}

TEST(LabelFollower, ConfiguresWhatIsLabelled) {
  play([](World& w) -> Task<> {
    w.deploy("web", 2);
    w.deploy("silent", 2, {});
    w.start();
    co_await w.until_serving("web", 2);
    co_await w.passes(3);
    EXPECT_FALSE(w.knows("silent"));
    EXPECT_THAT(w.proxy.asked, ::testing::ElementsAre("reconfigure web"));
    EXPECT_EQ(w.proxy.state.services["web"].changed_by, "label swarm");
  });
}

TEST(LabelFollower, FollowsTasksWithoutAnyEvent) {
  play([](World& w) -> Task<> {
    w.deploy("web", 1);
    w.start();
    co_await w.until_serving("web", 1);
    w.engine.swarm_tasks.push_back(swarm_task("web", 2));
    co_await w.until_serving("web", 2);
    w.engine.swarm_tasks[0].desired_state = "shutdown";
    co_await w.until_serving("web", 1);
    w.engine.swarm_tasks.clear();
    co_await w.until_serving("web", 0);
  });
}

TEST(LabelFollower, AnEndedContainerIsLeftBeforeTheSwarmSaysSo) {
  play([](World& w) -> Task<> {
    w.deploy("web", 4);
    w.start();
    co_await w.until_serving("web", 4);
    auto tell = [&](std::string action, std::string task, std::string signal) {
      w.engine.emit(Event{.type = "container",
                          .action = std::move(action),
                          .id = "c",
                          .attributes = {{"com.docker.swarm.task.id", task}, {"signal", signal}}});
    };
    tell("die", "web-1", "");
    tell("kill", "web-2", "9");
    tell("kill", "web-3", "1");  // it may live on
    tell("start", "web-4", "");
    co_await w.until_serving("web", 2);
    EXPECT_EQ(w.proxy.state.services["web"].instances[0].id, "web-3");
    co_await w.passes(5);
    EXPECT_EQ(w.serving("web"), 2u);
  });
}

TEST(LabelFollower, WaitsForTheFirstTask) {
  play([](World& w) -> Task<> {
    w.deploy("web", 1);
    w.engine.swarm_tasks[0].state = "starting";
    w.start();
    co_await w.passes(3);
    EXPECT_FALSE(w.knows("web"));
    EXPECT_TRUE(w.follower->status().waiting.contains("web"));
    w.engine.swarm_tasks[0].state = "running";
    co_await w.until_serving("web", 1);
    co_await w.passes(2);
    EXPECT_FALSE(w.follower->status().waiting.contains("web"));
  });
}

TEST(LabelFollower, FollowsChangedLabels) {
  play([](World& w) -> Task<> {
    w.deploy("web", 1);
    w.start();
    co_await w.until_serving("web", 1);
    w.engine.swarm_services[0].labels["com.df.servicePath"] = "/other";
    auto changed = [&] { return w.proxy.state.services["web"].definition.paths[0] == "/other"; };
    co_await eventually(changed, "the new path");
  });
}

TEST(LabelFollower, RemovesWhenTheLabelOrTheServiceGoes) {
  play([](World& w) -> Task<> {
    w.deploy("web", 1);
    w.deploy("shop", 1, {{"com.df.notify", "true"}, {"com.df.servicePath", "/shop"}, {"com.df.port", "80"}});
    w.start();
    co_await w.until_serving("web", 1);
    co_await w.until_serving("shop", 1);
    w.engine.swarm_services[0].labels["com.df.notify"] = "false";
    w.engine.swarm_services.erase(w.engine.swarm_services.begin() + 1);
    auto gone = [&] { return !w.knows("web") && !w.knows("shop"); };
    co_await eventually(gone, "both gone");
  });
}

TEST(LabelFollower, RemovesAtItsStartWhatWasRemovedMeanwhile) {
  play([](World& w) -> Task<> {
    auto& old = w.proxy.state.services["old"];
    old.definition.service = "old";
    old.changed_by = "label swarm";
    auto& other = w.proxy.state.services["other"];
    other.definition.service = "other";
    other.changed_by = "label docker somewhere";
    w.start();
    auto gone = [&] { return !w.knows("old"); };
    co_await eventually(gone, "old is gone");
    EXPECT_TRUE(w.knows("other"));
  });
}

TEST(LabelFollower, WhatTheApiConfiguredGetsItsTasksButIsNotRemoved) {
  play([](World& w) -> Task<> {
    w.deploy("plain", 1, {});
    auto& plain = w.proxy.state.services["plain"];
    plain.definition.service = "plain";
    plain.definition.paths = {"/plain"};
    plain.definition.port = 80;
    plain.changed_by = "api 127.0.0.1";
    w.start();
    co_await w.until_serving("plain", 1);
    w.engine.swarm_services.clear();
    w.engine.swarm_tasks.clear();
    co_await w.until_serving("plain", 0);
    EXPECT_TRUE(w.knows("plain"));
  });
}

TEST(LabelFollower, TheApisLaterWordStaysUntilTheLabelsChange) {
  play([](World& w) -> Task<> {
    w.deploy("web", 1);
    w.start();
    co_await w.until_serving("web", 1);
    w.proxy.state.services["web"].definition.paths = {"/by-hand"};
    co_await w.passes(3);
    EXPECT_EQ(w.proxy.state.services["web"].definition.paths[0], "/by-hand");
    w.follower->notify();
    auto back = [&] { return w.proxy.state.services["web"].definition.paths[0] == "/web"; };
    co_await eventually(back, "the label's path again");
  });
}

TEST(LabelFollower, BrokenLabelsAreToldAndDisturbNobody) {
  play([](World& w) -> Task<> {
    w.deploy("bad", 1, {{"com.df.notify", "true"}, {"com.df.servicePath", "no-slash"}});
    w.deploy("web", 1);
    w.start();
    co_await w.until_serving("web", 1);
    EXPECT_THAT(w.follower->status().problems.at("bad"), HasSubstr("label com.df.servicePath: \"no-slash\""));
    w.engine.swarm_services[1].labels["com.df.port"] = "none";
    auto told = [&] { return w.follower->status().problems.contains("web"); };
    co_await eventually(told, "a problem of web");
    EXPECT_TRUE(w.knows("web"));
    w.engine.swarm_tasks.push_back(swarm_task("web", 2));
    co_await w.until_serving("web", 2);
  });
}

TEST(LabelFollower, AServiceMayBeCalledByAnotherName) {
  play([](World& w) -> Task<> {
    auto labels = kRouted;
    labels["com.df.serviceName"] = "web";
    w.deploy("shop_web", 2, labels);
    w.start();
    co_await w.until_serving("web", 2);
    EXPECT_FALSE(w.knows("shop_web"));
  });
}

TEST(LabelFollower, CountsItsProblemsForPrometheus) {
  play([](World& w) -> Task<> {
    auto labels = kRouted;
    labels["com.df.port"] = "many";
    w.deploy("broken", 1, labels);
    w.start();
    auto render = [] { return metrics::process_registry().render(); };
    auto counted = [&] {
      return render().contains("dfp_docker_label_problem{label=\"com.df.port\",service=\"broken\"} 1\n");
    };
    co_await eventually(counted, "the problem is counted");
    EXPECT_THAT(render(), HasSubstr("dfp_docker_label_problems 1\n"));
    w.engine.swarm_services[0].labels = kRouted;
    co_await w.until_serving("broken", 1);
    auto gone = [&] { return render().contains("dfp_docker_label_problems 0\n"); };
    co_await eventually(gone, "the problem is gone");
    EXPECT_THAT(render(), ::testing::Not(HasSubstr("service=\"broken\"")));
  });
}

TEST(LabelFollower, ARefusedOrderIsTriedAgainNowAndThen) {
  play([](World& w) -> Task<> {
    w.proxy.refuse = Error{Errc::Conflict, "path_beg /web belongs to service other"};
    w.deploy("web", 1);
    w.start();
    auto told = [&] { return w.follower->status().problems.contains("web"); };
    co_await eventually(told, "a problem");
    co_await w.passes(5);
    EXPECT_LE(w.proxy.asked.size(), 3u);
    EXPECT_TRUE(w.follower->status().problems.contains("web"));
    w.proxy.refuse.reset();
    co_await w.until_serving("web", 1);
    co_await w.passes(2);
    EXPECT_FALSE(w.follower->status().problems.contains("web"));
  });
}

TEST(LabelFollower, ARefusedOrderIsTriedAgainAsSoonAsOtherRoutesAreServed) {
  play([](World& w) -> Task<> {
    auto& other = w.proxy.state.services["other"];
    other.definition.service = "other";
    w.proxy.refuse = Error{Errc::Conflict, "path_beg /web belongs to service other"};
    w.deploy("web", 1);
    w.start(1h);
    auto told = [&] { return w.follower->status().problems.contains("web"); };
    co_await eventually(told, "a problem");
    w.proxy.refuse.reset();
    co_await w.passes(3);
    EXPECT_FALSE(w.knows("web"));
    w.proxy.state.services.erase("other");
    co_await w.until_serving("web", 1);
  });
}

TEST(LabelFollower, TwoServicesMaySwapTheirRoutes) {
  play([](World& w) -> Task<> {
    auto labels = [](std::string path) {
      return Labels{
          {"com.df.notify", "true"}, {"com.df.servicePath", std::move(path)}, {"com.df.port", "80"}};
    };
    w.deploy("blue", 1, labels("/"));
    w.deploy("green", 1, labels("/preview"));
    w.start(1h);
    co_await w.until_serving("blue", 1);
    co_await w.until_serving("green", 1);
    w.proxy.claims = true;
    w.engine.swarm_services[1].labels = labels("/");
    auto refused = [&] { return w.follower->status().problems.contains("green"); };
    co_await eventually(refused, "blue has it");
    w.engine.swarm_services[0].labels = labels("/preview");
    auto path = [&](const char* name) {
      auto found = w.proxy.state.services.find(name);
      return found == w.proxy.state.services.end() ? "" : found->second.definition.paths.at(0);
    };
    auto swapped = [&] { return path("blue") == "/preview" && path("green") == "/"; };
    co_await eventually(swapped, "the routes are swapped");
    co_await w.passes(2);
    EXPECT_THAT(w.follower->status().problems, ::testing::IsEmpty());
  });
}

TEST(LabelFollower, AMissingPortIsNamedAsALabel) {
  play([](World& w) -> Task<> {
    auto labels = kRouted;
    labels.erase("com.df.port");
    w.deploy("web", 1, labels);
    w.proxy.refuse = Error{Errc::InvalidArgument, "instances of web: port: service web exposes no port"};
    w.start();
    auto told = [&] { return w.follower->status().problems.contains("web"); };
    co_await eventually(told, "a problem");
    EXPECT_EQ(w.follower->status().problems.at("web"), "label com.df.port: service web exposes no port");
  });
}

TEST(LabelFollower, CopiesThatLeftTheProxysNetworkGetNoMoreRequests) {
  play([](World& w) -> Task<> {
    w.deploy("web", 2);
    w.start();
    co_await w.until_serving("web", 2);
    w.engine.swarm_tasks[0].id = "web-new";  // an updated task, in another network
    w.engine.swarm_tasks[0].addresses = {{"net-back", "back", "10.9.0.1"}};
    co_await w.until_serving("web", 1);
    w.engine.swarm_tasks[1].addresses = w.engine.swarm_tasks[0].addresses;
    co_await w.passes(2);
    EXPECT_EQ(w.serving("web"), 1u) << "a task is not told to lose an address";
    w.engine.swarm_tasks[1].id = "web-new-too";
    co_await w.until_serving("web", 0);
    EXPECT_THAT(w.follower->status().problems.at("web"), HasSubstr("label com.df.network: no network"));
  });
}

TEST(LabelFollower, TwoServicesOfOneNameAreToldApart) {
  play([](World& w) -> Task<> {
    auto labels = kRouted;
    labels["com.df.serviceName"] = "web";
    w.deploy("a", 1, labels);
    w.deploy("b", 1, labels);
    w.start();
    auto told = [&] { return w.follower->status().problems.contains("b"); };
    co_await eventually(told, "a problem of b");
    EXPECT_THAT(w.follower->status().problems.at("b"), HasSubstr("a is called web already"));
  });
}

TEST(LabelFollower, AnEngineThatIsAwayOrNoManagerChangesNothing) {
  play([](World& w) -> Task<> {
    w.deploy("web", 2);
    w.start();
    co_await w.until_serving("web", 2);
    w.engine.go_away();
    auto failing = [&] { return !w.follower->status().error.empty(); };
    co_await eventually(failing, "a failed pass");
    EXPECT_EQ(w.serving("web"), 2u);
    w.engine.come_back();
    w.engine.manager = false;
    auto worker = [&] { return w.follower->status().error.contains("not a swarm manager"); };
    co_await eventually(worker, "a worker's answer");
    EXPECT_EQ(w.serving("web"), 2u);
    w.engine.manager = true;
    w.engine.swarm_tasks.pop_back();
    co_await w.until_serving("web", 1);
    EXPECT_EQ(w.follower->status().error, "");
  });
}

TEST(LabelFollower, WaitsUntilTheProxyKnowsItsState) {
  play([](World& w) -> Task<> {
    w.proxy.is_ready = false;
    w.deploy("web", 1);
    w.start();
    co_await w.passes(3);
    EXPECT_THAT(w.proxy.asked, SizeIs(0));
    w.proxy.is_ready = true;
    co_await w.until_serving("web", 1);
  });
}

TEST(ListenerEndpoints, AnswerAsTheOriginal) {
  play([](World& w) -> Task<> {
    w.deploy("web", 1);
    w.proxy.is_ready = false;
    w.start();
    EXPECT_EQ(answer_listener("/v1/docker-flow-swarm-listener/get-services", *w.follower)->status, 503);
    EXPECT_EQ(answer_listener("/v1/docker-flow-swarm-listener/ping", *w.follower)->status, 200);
    EXPECT_FALSE(answer_listener("/v1/docker-flow-swarm-listener/other", *w.follower));
    EXPECT_FALSE(answer_listener("/v1/docker-flow-proxy/ping", *w.follower));
    w.proxy.is_ready = true;
    co_await w.until_serving("web", 1);
    co_await w.passes(1);
    EXPECT_EQ(
        answer_listener("/v1/docker-flow-swarm-listener/get-services", *w.follower)->body,
        R"([{"serviceName":"web","distribute":"true","port":"8080","servicePath":"/web","replicas":"1",)"
        R"("nodeInfo":"[[\"host-n1\",\"10.0.1.1\",\"n1\"]]"}])");
    EXPECT_THAT(
        answer_listener("/v1/docker-flow-swarm-listener/get-nodes/", *w.follower)->body,
        HasSubstr(
            R"({"id":"n1","hostname":"host-n1","address":"192.168.0.1","versionIndex":"0","state":"ready",)"
            R"("role":"worker","availability":"active"})"));
    w.engine.swarm_services[0].global = true;
    w.engine.swarm_services[0].labels["com.df.scrapeNetwork"] = "elsewhere";
    auto services = [&] {
      return answer_listener("/v1/docker-flow-swarm-listener/get-services", *w.follower)->body;
    };
    auto no_replicas = [&] { return !services().contains("replicas"); };
    co_await eventually(no_replicas, "a global service without replicas");
    EXPECT_THAT(services(), HasSubstr(R"("nodeInfo":"[]")"));
    w.proxy.asked.clear();
    w.proxy.state.services["web"].definition.paths = {"/by-hand"};
    EXPECT_EQ(answer_listener("/v1/docker-flow-swarm-listener/notify-services", *w.follower)->status, 200);
    auto again = [&] { return !w.proxy.asked.empty(); };
    co_await eventually(again, "the order again");
  });
}

}  // namespace
}  // namespace dfp::docker::discovery
