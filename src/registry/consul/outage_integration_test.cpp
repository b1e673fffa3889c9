// Real agents that crash, come back, forget, and take over from each other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.hpp"
#include "base/wait.hpp"
#include "registry/consul/consul.hpp"
#include "registry/consul/testing/consul_agent.hpp"
#include "registry/definition_store.hpp"
#include "registry/testing/conformance.hpp"

namespace dfp::registry::consul {
namespace {
using namespace std::chrono_literals;
using registry::testing::must, registry::testing::must_fail, registry::testing::soon;
using testing::ConsulAgent;
using ::testing::HasSubstr;

class ConsulOutage : public ::testing::Test {
 protected:
  void SetUp() override {
    if (auto reason = testing::why_no_consul(); !reason.empty()) GTEST_SKIP() << reason;
  }
};

std::unique_ptr<Consul> connect(Executor executor, std::vector<net::Endpoint> agents,
                                std::string token = "") {
  ConsulOptions options;
  options.addresses = std::move(agents);
  options.token = std::move(token);
  return std::make_unique<Consul>(std::move(executor), std::move(options));
}

void play(ConsulAgent& agent, Task<> (*scenario)(std::unique_ptr<Consul>, ConsulAgent*)) {
  dfp::testing::run(
      [&](Executor executor) { return scenario(connect(executor, {agent.endpoint()}), &agent); });
}

model::Service make_service(std::string name) {
  model::Service service;
  service.definition.service = std::move(name);
  service.definition.paths = {"/demo"};
  return service;
}

Task<> kill_later(ConsulAgent* agent) {
  co_await sleep_for(200ms);
  agent->kill();
}

TEST_F(ConsulOutage, AServerThatKeepsItsDataIsGoneOnWith) {
  ConsulAgent agent({.node = "node-a", .extra = {}, .keeps_data = true, .joins = {}});
  play(agent, [](std::unique_ptr<Consul> consul, ConsulAgent* server) -> Task<> {
    DefinitionStore store(consul->key_value(), "docker-flow");
    auto version = co_await must(store.put(make_service("go-demo"), 0, soon()));
    auto before = co_await must(store.load(soon()));

    spawn(co_await boost::asio::this_coro::executor, kill_later(server), "kill_later");
    auto began = Clock::now();
    auto broken = co_await must_fail(store.wait(before.index, soon()));
    EXPECT_EQ(broken, Errc::Unavailable);
    EXPECT_LT(Clock::now() - began, 5s) << "a watch notices a crash at once";
    auto code = co_await must_fail(store.put(make_service("other"), 0, Deadline::after(2s)));
    EXPECT_EQ(code, Errc::Unavailable);

    server->start();
    auto unchanged = co_await must_fail(store.wait(before.index, Deadline::after(1s)));
    EXPECT_EQ(unchanged, Errc::Timeout) << "nothing has changed";
    auto after = co_await must(store.load(soon()));
    EXPECT_EQ(after.services["go-demo"].version, version);
    co_await must(store.put(make_service("other"), 0, soon()));
    auto moved = co_await must(store.wait(after.index, soon()));
    EXPECT_GT(moved, after.index);
  });
}

TEST_F(ConsulOutage, AServerThatForgotEverythingShowsABlankStoreAtOnce) {
  ConsulAgent agent;  // -dev keeps nothing on disk
  play(agent, [](std::unique_ptr<Consul> consul, ConsulAgent* server) -> Task<> {
    DefinitionStore store(consul->key_value(), "docker-flow");
    std::uint64_t version = 0;
    for (int i = 0; i < 20; ++i) version = co_await must(store.put(make_service("go-demo"), version, soon()));
    auto before = co_await must(store.load(soon()));
    server->kill();
    server->start();
    auto began = Clock::now();
    auto index = co_await must(store.wait(before.index, Deadline::after(30s)));
    EXPECT_LT(index, before.index);
    EXPECT_LT(Clock::now() - began, 5s) << "a blocking query with the old index would have slept for 30 s";
    auto after = co_await must(store.load(soon()));
    EXPECT_TRUE(after.blank);
    co_await must(store.put(make_service("go-demo"), 0, soon()));
    auto restored = co_await must(store.load(soon()));
    EXPECT_TRUE(restored.services.contains("go-demo"));
  });
}

Task<> fail_over(std::unique_ptr<Consul> consul, ConsulAgent* preferred, std::string preferred_node) {
  DefinitionStore store(consul->key_value(), "docker-flow");
  auto version = co_await must(store.put(make_service("go-demo"), 0, soon()));
  auto before = co_await must(store.load(soon()));
  model::Instance instance{.service = "web",
                           .node = "ignored",
                           .id = "web-1",
                           .address = "127.0.0.1",
                           .port = 80,
                           .tags = {},
                           .meta = {}};
  co_await must(consul->registrar().add(instance, soon()));
  auto found = co_await must(consul->catalog().instances("web", soon()));
  EXPECT_EQ(found.at(0).node, preferred_node);

  preferred->kill();
  auto after = co_await must(store.load(soon()));
  EXPECT_EQ(after.services["go-demo"].version, version);
  auto unchanged = co_await must_fail(store.wait(before.index, Deadline::after(1s)));
  EXPECT_EQ(unchanged, Errc::Timeout);
  auto next = co_await must(store.put(make_service("go-demo"), version, soon()));
  EXPECT_GT(next, version);
  auto removed = co_await consul->registrar().remove("web", preferred_node, "web-1", soon());
  EXPECT_EQ(removed.error().code, Errc::Rejected);
  EXPECT_THAT(removed.error().what, HasSubstr("with the agent of node " + preferred_node));
}

TEST_F(ConsulOutage, TheNextAgentTakesOver) {
  ConsulAgent server({.node = "server", .extra = {}, .keeps_data = true, .joins = {}});
  ConsulAgent local({.node = "local", .extra = {}, .keeps_data = false, .joins = server.cluster_address()});
  dfp::testing::run([&](Executor executor) {
    return fail_over(connect(executor, {local.endpoint(), server.endpoint()}), &local, "local");
  });
}

Task<> lose_the_leader(std::unique_ptr<Consul> consul, ConsulAgent* server) {
  model::Instance instance{.service = "web",
                           .node = {},
                           .id = "web-1",
                           .address = "127.0.0.1",
                           .port = 80,
                           .tags = {},
                           .meta = {}};
  co_await must(consul->registrar().add(instance, soon()));
  server->kill();
  auto code = co_await must_fail(consul->catalog().instances("web", Deadline::after(10s)));
  EXPECT_TRUE(code == Errc::Unavailable || code == Errc::Timeout) << to_string(code);
}

TEST_F(ConsulOutage, AnAgentThatLostItsServersGivesAnErrorAndNoEmptyAnswer) {
  ConsulAgent server({.node = "server", .extra = {}, .keeps_data = true, .joins = {}});
  ConsulAgent local({.node = "local", .extra = {}, .keeps_data = false, .joins = server.cluster_address()});
  dfp::testing::run(
      [&](Executor executor) { return lose_the_leader(connect(executor, {local.endpoint()}), &server); });
}

Task<> ask_without_rights(std::unique_ptr<Consul> consul) {
  auto instances = co_await consul->catalog().instances("web", soon());
  EXPECT_EQ(instances.error().code, Errc::Rejected);
  EXPECT_THAT(instances.error().what, HasSubstr("Permission denied"));
  auto keys = co_await must_fail(consul->key_value().list("docker-flow/", soon()));
  EXPECT_EQ(keys, Errc::Rejected);
  DefinitionStore store(consul->key_value(), "docker-flow");
  auto put = co_await store.put(make_service("go-demo"), 0, soon());
  EXPECT_EQ(put.error().code, Errc::Rejected);
  EXPECT_THAT(put.error().what, HasSubstr("ACL token"));
  auto removed = co_await must_fail(store.remove("go-demo", soon()));
  EXPECT_EQ(removed, Errc::Rejected);
}

/// What a proxy does with its registry.
Task<> ask_with_rights(std::unique_ptr<Consul> consul) {
  auto instances = co_await must(consul->catalog().instances("web", soon()));
  EXPECT_EQ(instances.size(), 1u);
  auto none = co_await must(consul->catalog().instances("nobody", soon()));
  EXPECT_TRUE(none.empty());
  DefinitionStore store(consul->key_value(), "docker-flow");
  auto empty = co_await must(store.load(soon()));
  EXPECT_TRUE(empty.blank);
  auto version = co_await must(store.put(make_service("go-demo"), 0, soon()));
  auto index = co_await must(store.wait(empty.index, soon()));
  EXPECT_GE(index, version);
  co_await must(store.remove("go-demo", soon()));
}

Task<> register_with_rights(std::unique_ptr<Consul> consul) {
  model::Instance instance{.service = "app",
                           .node = {},
                           .id = "app-1",
                           .address = "127.0.0.1",
                           .port = 80,
                           .tags = {},
                           .meta = {}};
  co_await must(consul->registrar().add(instance, soon()));
  auto registered = co_await must(consul->registrar().registered(soon()));
  EXPECT_EQ(registered.size(), 2u);
  co_await must(consul->registrar().remove("app", "node-a", "app-1", soon()));
}

std::string member(const std::string& answer, const std::string& name) {
  auto at = answer.find("\"" + name + "\": \"");
  if (at == std::string::npos) return {};
  at += name.size() + 5;
  return answer.substr(at, answer.find('"', at) - at);
}

/// A token with these rules, which need quotes around their names in JSON.
std::string make_token(const ConsulAgent& agent, const std::string& management, const std::string& name,
                       const std::string& rules) {
  auto policy = agent.request("PUT", "/v1/acl/policy",
                              R"({"Name":")" + name + R"(","Rules":")" + rules + "\"}", management);
  auto token =
      agent.request("PUT", "/v1/acl/token", R"({"Policies":[{"Name":")" + name + "\"}]}", management);
  auto secret = member(token, "SecretID");
  if (secret.empty()) throw std::runtime_error("no token: " + policy + token);
  return secret;
}

/// The management token; the agent needs a moment after its start until it gives one.
std::string bootstrap_token(const ConsulAgent& agent) {
  for (auto deadline = soon(); !deadline.passed();) {
    auto answer = agent.request("PUT", "/v1/acl/bootstrap");
    if (auto secret = member(answer, "SecretID"); !secret.empty()) return secret;
  }
  throw std::runtime_error("no token");
}

constexpr auto kLockedDown = R"("acl":{"enabled":true,"default_policy":"deny"})";

TEST_F(ConsulOutage, ATokenWithoutRightsGetsAnErrorWhereConsulShowsNothing) {
  ConsulAgent agent({.node = "node-a", .extra = kLockedDown, .keeps_data = false, .joins = {}});
  auto management = bootstrap_token(agent);
  agent.request("PUT", "/v1/agent/service/register", R"({"Name":"web","Port":80})", management);
  dfp::testing::run(
      [&](Executor executor) { return ask_without_rights(connect(executor, {agent.endpoint()})); });
}

/// docs/registry.md says that these are enough.
TEST_F(ConsulOutage, TheDocumentedRightsAreEnough) {
  ConsulAgent agent({.node = "node-a", .extra = kLockedDown, .keeps_data = false, .joins = {}});
  auto management = bootstrap_token(agent);
  agent.request("PUT", "/v1/agent/service/register", R"({"Name":"web","Port":80})", management);
  auto proxy =
      make_token(agent, management, "proxy",
                 R"(key_prefix \"docker-flow/\" {policy=\"write\"} service_prefix \"\" {policy=\"read\"} )"
                 R"(node_prefix \"\" {policy=\"read\"})");
  dfp::testing::run(
      [&](Executor executor) { return ask_with_rights(connect(executor, {agent.endpoint()}, proxy)); });
  auto writer = make_token(agent, management, "writer",
                           R"(service_prefix \"\" {policy=\"write\"} node_prefix \"\" {policy=\"read\"} )"
                           R"(agent_prefix \"\" {policy=\"read\"})");
  dfp::testing::run(
      [&](Executor executor) { return register_with_rights(connect(executor, {agent.endpoint()}, writer)); });
}

}  // namespace
}  // namespace dfp::registry::consul
