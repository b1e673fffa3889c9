// A real Consul (1.8.7) that was given the recorded catalog has to answer what was recorded, and waits have
// to obey the rules of its indexes.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <fstream>

#include "base/base64.hpp"
#include "base/source_dir.hpp"
#include "base/testing.hpp"
#include "base/wait.hpp"
#include "registry/consul/catalog_json.hpp"
#include "registry/consul/consul.hpp"
#include "registry/consul/kv_json.hpp"
#include "registry/consul/testing/consul_agent.hpp"
#include "registry/testing/conformance.hpp"

namespace dfp::registry::consul {
namespace {
using namespace std::chrono_literals;
namespace json = boost::json;
using registry::testing::must, registry::testing::must_fail, registry::testing::soon;
using testing::ConsulAgent;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAreArray;

constexpr auto kNodeId = R"("node_id":"11111111-2222-3333-4444-555555555555")";

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

/// An agent with the recorded catalog, and the recorded bodies with this agent's address.
class RecordedConsul {
 public:
  RecordedConsul() : agent_({.node = "node-a", .extra = kNodeId, .keeps_data = false, .joins = ""}) {
    std::ifstream file(source_dir() + "/tests/golden/template/consul-template-cases.json");
    std::string text(std::istreambuf_iterator<char>(file), {});
    bodies_ = json::parse(replace_all(text, "\"127.0.0.1\"", "\"" + agent_.host() + "\"")).at("consul");
    for (const char* name : {"go-demo", "web", "maint"})
      for (const auto& entry : at("/v1/health/service/" + std::string(name)).as_array()) enroll(entry);
    for (const auto& entry : at("/v1/kv/?recurse").as_array()) {
      auto value = entry.at("Value").if_string();
      auto bytes = value ? base64::decode(std::string_view(*value)).value() : "";
      agent_.request("PUT", key_path(std::string_view(entry.at("Key").as_string())), bytes);
    }
  }

  const ConsulAgent& agent() const { return agent_; }
  std::string body(const std::string& path) const { return json::serialize(at(path)); }

 private:
  const json::value& at(const std::string& path) const { return bodies_.at(path); }

  void enroll(const json::value& entry) {
    const auto& node = entry.at("Node");
    const auto& service = entry.at("Service");
    if (node.at("Node") == "node-a") return enroll_at_agent(service, entry.at("Checks").as_array());
    json::object body{{"Node", node.at("Node")},        {"Address", node.at("Address")},
                      {"NodeMeta", node.at("Meta")},    {"TaggedAddresses", node.at("TaggedAddresses")},
                      {"Service", service.as_object()}, {"Checks", entry.at("Checks")}};
    agent_.request("PUT", "/v1/catalog/register", json::serialize(body));
  }

  void enroll_at_agent(const json::value& service, const json::array& checks) {
    json::object body;
    for (const char* key : {"ID", "Tags", "Address", "Meta", "Port", "Weights"}) body[key] = service.at(key);
    body["Name"] = service.at("Service");
    bool maintained = false;
    for (const auto& check : checks) {
      if (check.at("Type") == "ttl") body["Check"] = {{"TTL", "10h"}, {"Status", check.at("Status")}};
      maintained = maintained || check.at("Type") == "maintenance";
    }
    agent_.request("PUT", "/v1/agent/service/register", json::serialize(body));
    auto id = std::string(service.at("ID").as_string());
    if (maintained) agent_.request("PUT", "/v1/agent/service/maintenance/" + id + "?enable=true&reason=test");
  }

  ConsulAgent agent_;
  json::value bodies_;
};

const RecordedConsul& recorded() {
  static RecordedConsul consul;
  return consul;
}

class ConsulTemplateSourceOfARealConsul : public ::testing::Test {
 protected:
  using Scenario = Task<> (*)(Executor, TemplateSource*);

  void SetUp() override {
    if (auto why = testing::why_no_consul(); !why.empty()) GTEST_SKIP() << why;
  }
  static void play(Scenario scenario) {
    ConsulOptions options;
    options.addresses = {recorded().agent().endpoint()};
    dfp::testing::run([&](Executor executor) -> Task<> {
      Consul consul(executor, options);
      co_await scenario(executor, &consul.template_source());
    });
  }
};

template <class T>
T data(SourceAnswer given) {
  return std::get<T>(std::move(given.data));
}

/// The agent tells the servers of its services a moment after it was told.
Task<std::vector<HealthRecord>> instances(TemplateSource* source, std::string service, std::size_t count) {
  std::vector<HealthRecord> found;
  for (auto deadline = soon(); found.size() < count && !deadline.passed(); co_await sleep_for(20ms))
    found = data<std::vector<HealthRecord>>(
        co_await must(source->ask(ServiceQuestion{.service = service}, deadline)));
  co_return found;
}

// -------------------------------------------------------------------------------------------------- answers

TEST_F(ConsulTemplateSourceOfARealConsul, GivesTheInstancesThatWereRecorded) {
  play([](Executor, TemplateSource* source) -> Task<> {
    for (auto [service, count] : {std::pair("go-demo", 4UL), {"web", 3UL}, {"maint", 1UL}}) {
      auto body = recorded().body(fmt::format("/v1/health/service/{}", service));
      auto found = co_await instances(source, service, count);
      EXPECT_THAT(found, UnorderedElementsAreArray(parse_health_records(body).value())) << service;
    }
  });
}

TEST_F(ConsulTemplateSourceOfARealConsul, FiltersByHealthAndTag) {
  play([](Executor, TemplateSource* source) -> Task<> {
    co_await instances(source, "go-demo", 4);
    ServiceQuestion question{.service = "go-demo", .tag = "blue", .near = "_agent"};
    auto blue = co_await must(source->ask(question, soon()));
    EXPECT_EQ(data<std::vector<HealthRecord>>(blue).size(), 3u);
    question.passing_only = true;
    auto passing = co_await must(source->ask(question, soon()));
    EXPECT_EQ(data<std::vector<HealthRecord>>(passing).size(), 2u) << "a warning is not passing";
    auto mesh = co_await must(source->ask(ServiceQuestion{.service = "go-demo", .mesh = true}, soon()));
    EXPECT_TRUE(data<std::vector<HealthRecord>>(mesh).empty());
  });
}

TEST_F(ConsulTemplateSourceOfARealConsul, GivesTheCatalogThatWasRecorded) {
  play([](Executor, TemplateSource* source) -> Task<> {
    co_await instances(source, "maint", 1);
    auto nodes_body = recorded().body("/v1/catalog/nodes");
    auto nodes = co_await must(source->ask(NodesQuestion{}, soon()));
    EXPECT_EQ(data<std::vector<NodeRecord>>(nodes), parse_nodes(nodes_body).value());
    auto services = co_await must(source->ask(ServicesQuestion{"dc1"}, soon()));
    std::vector<std::string> names;
    for (auto& service : data<std::vector<ServiceTags>>(services)) names.push_back(service.name);
    EXPECT_THAT(names, ::testing::IsSupersetOf({"consul", "go-demo", "maint", "web"}));
    auto datacenters = co_await must(source->ask(DatacentersQuestion{.reachable_only = true}, soon()));
    EXPECT_EQ(data<std::vector<std::string>>(datacenters), std::vector<std::string>{"dc1"});
  });
}

TEST_F(ConsulTemplateSourceOfARealConsul, GivesTheNodesThatWereRecorded) {
  play([](Executor, TemplateSource* source) -> Task<> {
    auto body = recorded().body("/v1/catalog/node/node-b");
    auto node = co_await must(source->ask(NodeQuestion{.node = "node-b"}, soon()));
    EXPECT_EQ(data<std::optional<NodeServices>>(node), parse_node_services(body).value());
    auto own = co_await must(source->ask(NodeQuestion{}, soon()));
    EXPECT_EQ(data<std::optional<NodeServices>>(own)->node.name, "node-a");
    auto none = co_await must(source->ask(NodeQuestion{.node = "nonode"}, soon()));
    EXPECT_FALSE(data<std::optional<NodeServices>>(none));
  });
}

TEST_F(ConsulTemplateSourceOfARealConsul, GivesTheKeysThatWereRecorded) {
  play([](Executor, TemplateSource* source) -> Task<> {
    auto body = recorded().body("/v1/kv/?recurse");
    for (const auto& want : parse_key_records(body).value()) {
      auto got = co_await must(source->ask(KeyQuestion{.key = want.key}, soon()));
      auto key = data<std::optional<KeyRecord>>(got);
      EXPECT_TRUE(key && key->value == want.value) << want.key;
    }
    auto tree = co_await must(source->ask(TreeQuestion{.prefix = "app/db"}, soon()));
    std::vector<std::string> keys;
    for (auto& record : data<std::vector<KeyRecord>>(tree)) keys.push_back(record.key);
    EXPECT_THAT(keys, ::testing::ElementsAre("app/db/host", "app/db/nested/deep", "app/db/port"));
    auto absent = co_await must(source->ask(KeyQuestion{.key = "app/nope"}, soon()));
    EXPECT_FALSE(data<std::optional<KeyRecord>>(absent));
  });
}

TEST_F(ConsulTemplateSourceOfARealConsul, RefusesAnUnknownDatacenter) {
  play([](Executor, TemplateSource* source) -> Task<> {
    for (Question question : {Question(ServiceQuestion{.service = "web", .datacenter = "dc9"}),
                              Question(KeyQuestion{"app/name", "dc9"}), Question(NodesQuestion{"dc9", ""})}) {
      auto refused = co_await source->ask(question, soon());
      EXPECT_FALSE(refused);
      if (refused) continue;
      EXPECT_EQ(refused.error().code, Errc::InvalidArgument);
      EXPECT_THAT(refused.error().what, HasSubstr("No path to datacenter"));
    }
  });
}

// -------------------------------------------------------------------------------------------------- waiting

/// Waits on its own, so that a test can change something meanwhile.
struct Waiting {
  bool ended = false;
  Result<> result;
};

Task<> watch(TemplateSource* source, Question question, std::uint64_t index, Deadline deadline,
             std::shared_ptr<Waiting> waiting) {
  auto result = co_await source->wait(question, index, deadline);
  waiting->result = std::move(result);
  waiting->ended = true;
}

Task<bool> ends(std::shared_ptr<Waiting> waiting, Deadline deadline) {
  while (!waiting->ended && !deadline.passed()) co_await sleep_for(10ms);
  co_return waiting->ended;
}

/// Waits for `question` while `change` is written, and says whether that woke it.
Task<bool> wakes(Executor executor, TemplateSource* source, Question question, std::string target,
                 std::string change, Clock::duration patience) {
  auto before = co_await must(source->ask(question, soon()));
  auto waiting = std::make_shared<Waiting>();
  spawn(executor, watch(source, question, before.index, Deadline::after(patience), waiting), "test.watch");
  co_await sleep_for(100ms);
  recorded().agent().request("PUT", target, change);
  co_await ends(waiting, soon());
  co_return waiting->ended && waiting->result.has_value();
}

TEST_F(ConsulTemplateSourceOfARealConsul, WakesForANewInstanceAndNotForAnotherService) {
  play([](Executor executor, TemplateSource* source) -> Task<> {
    Question question = ServiceQuestion{.service = "waited", .passing_only = true};
    constexpr auto kRegister = "/v1/agent/service/register";
    recorded().agent().request("PUT", kRegister, R"({"Name":"waited","Port":1})");
    co_await instances(source, "waited", 1);
    bool other = co_await wakes(executor, source, question, kRegister, R"({"Name":"other","Port":2})", 1s);
    EXPECT_FALSE(other);
    bool own = co_await wakes(executor, source, question, kRegister,
                              R"({"Name":"waited","ID":"waited-2","Port":2})", 20s);
    EXPECT_TRUE(own);
    for (const char* id : {"waited", "waited-2", "other"})
      recorded().agent().request("PUT", std::string("/v1/agent/service/deregister/") + id);
  });
}

TEST_F(ConsulTemplateSourceOfARealConsul, WakesForAKeyThatAppearsAndNotForTheSameValueOrAnotherKey) {
  play([](Executor executor, TemplateSource* source) -> Task<> {
    Question key = KeyQuestion{.key = "wait/key"};
    bool appeared = co_await wakes(executor, source, key, "/v1/kv/wait/key", "1", 20s);
    EXPECT_TRUE(appeared);
    bool same = co_await wakes(executor, source, key, "/v1/kv/wait/key", "1", 1s);
    EXPECT_FALSE(same);
    Question tree = TreeQuestion{.prefix = "wait/"};
    bool unrelated = co_await wakes(executor, source, tree, "/v1/kv/elsewhere", "1", 1s);
    EXPECT_FALSE(unrelated);
    bool below = co_await wakes(executor, source, tree, "/v1/kv/wait/deep/er", "1", 20s);
    EXPECT_TRUE(below);
  });
}

/// A server restart shows as an index that falls.
TEST(ConsulTemplateSourceOutage, AfterARestartTheWaitEndsInsteadOfSleeping) {
  if (auto why = testing::why_no_consul(); !why.empty()) GTEST_SKIP() << why;
  ConsulAgent agent;
  for (int i = 0; i < 50; ++i) agent.request("PUT", "/v1/kv/fill", std::to_string(i));
  ConsulOptions options;
  options.addresses = {agent.endpoint()};
  dfp::testing::run([&](Executor executor) -> Task<> {
    Consul consul(executor, options);
    auto& source = consul.template_source();
    Question key = KeyQuestion{.key = "fill"};
    auto before = co_await must(source.ask(key, soon()));
    agent.kill();
    auto away = co_await must_fail(source.wait(key, before.index, soon()));
    EXPECT_EQ(away, Errc::Unavailable);
    agent.start();
    co_await must(source.wait(key, before.index, soon()));
    auto after = co_await must(source.ask(key, soon()));
    EXPECT_LT(after.index, before.index);
    EXPECT_FALSE(data<std::optional<KeyRecord>>(after)) << "a dev agent forgets everything";
  });
}

}  // namespace
}  // namespace dfp::registry::consul
