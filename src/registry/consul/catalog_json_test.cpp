#include "registry/consul/catalog_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dfp::registry::consul {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Texts = std::map<std::string, std::string>;

/// As Consul 1.8.7 writes it.
constexpr auto kFull = R"([
    {"Node": {"ID": "11111111-2222-3333-4444-555555555555", "Node": "node-a", "Address": "127.0.0.1",
        "Datacenter": "dc1", "TaggedAddresses": {"lan": "127.0.0.1", "wan": "1.2.3.4"},
        "Meta": {"rack": "7"}, "CreateIndex": 10, "ModifyIndex": 12},
     "Service": {"ID": "godemo:8080", "Service": "go-demo", "Tags": ["v2", "blue"],
        "Address": "192.168.99.101", "TaggedAddresses": {"lan_ipv4": {"Address": "192.168.99.101", "Port": 32768}},
        "Meta": {"path": "/demo"}, "Port": 32768, "Weights": {"Passing": 5, "Warning": 2},
        "EnableTagOverride": true, "Proxy": {"MeshGateway": {}, "Expose": {}}, "Connect": {},
        "CreateIndex": 21, "ModifyIndex": 21},
     "Checks": [{"Node": "node-a", "CheckID": "service:godemo:8080", "Name": "http", "Status": "warning",
        "Notes": "slow", "Output": "429", "ServiceID": "godemo:8080", "ServiceName": "go-demo",
        "ServiceTags": ["v2"], "Type": "http", "Definition": {}, "CreateIndex": 10, "ModifyIndex": 10}]}])";

TEST(HealthRecords, HaveEveryField) {
  std::string body = kFull;
  auto records = parse_health_records(body);
  ASSERT_TRUE(records) << records.error().what;
  HealthRecord want;
  want.node = {"11111111-2222-3333-4444-555555555555",     "node-a",       "127.0.0.1", "dc1",
               {{"lan", "127.0.0.1"}, {"wan", "1.2.3.4"}}, {{"rack", "7"}}};
  want.service.id = "godemo:8080";
  want.service.name = "go-demo";
  want.service.address = "192.168.99.101";
  want.service.port = 32768;
  want.service.tags = {"v2", "blue"};
  want.service.meta = {{"path", "/demo"}};
  want.service.tagged_addresses = {{"lan_ipv4", {"192.168.99.101", 32768}}};
  want.service.passing_weight = 5;
  want.service.warning_weight = 2;
  want.service.enable_tag_override = true;
  want.checks = {{"node-a",
                  "service:godemo:8080",
                  "http",
                  "warning",
                  "slow",
                  "429",
                  "godemo:8080",
                  "go-demo",
                  "http",
                  {"v2"}}};
  want.health = model::Health::Warning;
  EXPECT_THAT(*records, ElementsAre(want));
}

TEST(HealthRecords, OfOldAgentsLackMostFieldsAndHaveNulls) {
  std::string body = R"([{"Node": {"Node": "n", "Address": "10.0.0.9", "Meta": null},
      "Service": {"ID": "a", "Service": "go-demo", "Tags": null, "Address": "", "Weights": null}, "Checks": null}])";
  auto records = parse_health_records(body);
  ASSERT_TRUE(records && records->size() == 1);
  const auto& service = records->at(0).service;
  EXPECT_EQ(service.port, 0) << "an instance without a port is still one for templates";
  EXPECT_EQ(service.passing_weight, 1);
  EXPECT_EQ(records->at(0).health, model::Health::Passing);
  EXPECT_THAT(service.tags, IsEmpty());
}

TEST(HealthRecords, KeepConsulsOrder) {
  std::string body = R"([{"Node": {"Node": "b"}, "Service": {"ID": "1"}},
                         {"Node": {"Node": "a"}, "Service": {"ID": "2"}}])";
  auto records = parse_health_records(body);
  ASSERT_TRUE(records && records->size() == 2);
  EXPECT_EQ(records->at(0).node.name, "b") << "it means something where the question was about distance";
}

TEST(CatalogAnswers, OfServicesNodesAndDatacenters) {
  std::string services = R"({"web": ["b", "a"], "consul": [], "go-demo": null})";
  EXPECT_EQ(parse_service_tags(services),
            (std::vector<ServiceTags>{{"web", {"b", "a"}}, {"consul", {}}, {"go-demo", {}}}));
  std::string nodes = R"([{"ID": "", "Node": "node-b", "Address": "10.0.0.2", "TaggedAddresses": null}])";
  auto parsed = parse_nodes(nodes);
  ASSERT_TRUE(parsed && parsed->size() == 1);
  EXPECT_EQ(parsed->at(0).name, "node-b");
  std::string datacenters = R"(["dc2", "dc1"])";
  EXPECT_EQ(parse_datacenters(datacenters), (std::vector<std::string>{"dc2", "dc1"}));
}

TEST(CatalogAnswers, OfANodeWithItsServices) {
  std::string body = R"({"Node": {"Node": "node-b", "Address": "10.0.0.2", "Datacenter": "dc1"},
                         "Services": {"x": {"ID": "x", "Service": "web", "Port": 81, "Tags": ["http"]}}})";
  auto node = parse_node_services(body);
  ASSERT_TRUE(node && *node);
  EXPECT_EQ((*node)->node.address, "10.0.0.2");
  ASSERT_EQ((*node)->services.size(), 1u);
  EXPECT_EQ((*node)->services[0].port, 81);
  for (auto* text : {"null", "null\n", R"({"Node": null, "Services": {}})"}) {
    std::string absent = text;
    auto none = parse_node_services(absent);
    ASSERT_TRUE(none) << none.error().what;
    EXPECT_FALSE(*none) << text;
  }
}

TEST(CatalogAnswers, OfTheAgentHaveItsNode) {
  std::string body =
      R"({"Config": {"Datacenter": "dc1", "NodeName": "node-a"}, "Member": {"Name": "other"}})";
  EXPECT_EQ(parse_agent_node(body), "node-a");
  std::string nameless = R"({"Config": {}})";
  EXPECT_FALSE(parse_agent_node(nameless));
}

TEST(CatalogAnswers, BrokenTextIsAnError) {
  for (auto text : {"", "7", "[", "{\"a\":", "No cluster leader"}) {
    std::string body = text;
    EXPECT_FALSE(parse_health_records(body)) << text;
    EXPECT_FALSE(parse_service_tags(body)) << text;
    EXPECT_FALSE(parse_nodes(body)) << text;
    EXPECT_FALSE(parse_node_services(body)) << text;
    EXPECT_FALSE(parse_datacenters(body)) << text;
    EXPECT_FALSE(parse_agent_node(body)) << text;
  }
}

}  // namespace
}  // namespace dfp::registry::consul
