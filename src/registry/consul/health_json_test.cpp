#include "registry/consul/health_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dfp::registry::consul {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<model::Instance> parsed(std::string body) {
  auto instances = parse_health_answer(body);
  if (!instances) throw std::runtime_error(instances.error().what);
  return std::move(*instances);
}

/// As Consul 1.8.7 writes it.
constexpr auto kFull = R"([
    {"Node": {"ID": "11111111-2222-3333-4444-555555555555", "Node": "node-a", "Address": "127.0.0.1",
        "Datacenter": "dc1", "TaggedAddresses": {"lan": "127.0.0.1", "wan": "127.0.0.1"},
        "Meta": {"consul-network-segment": ""}, "CreateIndex": 10, "ModifyIndex": 12},
     "Service": {"ID": "9a9d:godemo_app_3:8080", "Service": "go-demo", "Tags": ["v2", "blue"],
        "Address": "192.168.99.101", "TaggedAddresses": {"lan_ipv4": {"Address": "192.168.99.101", "Port": 32768}},
        "Meta": {"path": "/demo", "quote": "\"\\é"}, "Port": 32768, "Weights": {"Passing": 5, "Warning": 1},
        "EnableTagOverride": false, "Proxy": {"MeshGateway": {}, "Expose": {}}, "Connect": {},
        "CreateIndex": 21, "ModifyIndex": 21},
     "Checks": [{"Node": "node-a", "CheckID": "serfHealth", "Name": "Serf Health Status", "Status": "passing",
        "Notes": "", "Output": "Agent alive and reachable", "ServiceID": "", "ServiceName": "", "ServiceTags": [],
        "Type": "", "Definition": {}, "CreateIndex": 10, "ModifyIndex": 10}]}])";

TEST(HealthAnswer, GivesEveryFieldOfAnInstance) {
  model::Instance want{.service = "go-demo",
                       .node = "node-a",
                       .id = "9a9d:godemo_app_3:8080",
                       .address = "192.168.99.101",
                       .port = 32768,
                       .tags = {"blue", "v2"},
                       .meta = {{"path", "/demo"}, {"quote", "\"\\é"}},
                       .health = model::Health::Passing,
                       .weight = 5};
  EXPECT_THAT(parsed(kFull), ElementsAre(want));
}

/// A check of the catalog, as Consul 1.8.7 writes it (those of an agent have an empty Definition).
std::string with_check(std::string url, std::string meta = "{}") {
  return R"([{"Node": {"Node": "ext", "Address": "10.1.1.1"},
      "Service": {"ID": "ext", "Service": "ext", "Address": "", "Port": 80, "Meta": )" +
         meta + R"(},
      "Checks": [{"Node": "ext", "CheckID": "h", "Name": "h", "Status": "passing", "Notes": "", "Output": "",
        "ServiceID": "ext", "ServiceName": "ext", "ServiceTags": [], "Type": "http", "Definition":
        {"Interval": "5s", "Timeout": "1s", "HTTP": ")" +
         url + R"(", "Method": "HEAD"}}]}])";
}

TEST(HealthAnswer, TellsTheHttpCheckOfTheServicesOwnPort) {
  using Meta = std::map<std::string, std::string>;
  auto meta_of = [](std::string body) { return parsed(std::move(body)).at(0).meta; };
  Meta want{{"check_http", "/health?a=1"},
            {"check_http_method", "HEAD"},
            {"check_interval", "5s"},
            {"check_timeout", "1s"}};
  EXPECT_EQ(meta_of(with_check("http://10.1.1.1:80/health?a=1")), want);
  EXPECT_EQ(meta_of(with_check("http://ext.local")).at("check_http"), "/");
  EXPECT_EQ(meta_of(with_check("http://10.1.1.1:8081/health")), Meta{}) << "another port";
  EXPECT_EQ(meta_of(with_check("https://10.1.1.1:80/health")), Meta{}) << "not plain HTTP";
  EXPECT_EQ(meta_of(with_check("http://10.1.1.1/health", R"({"check_http": "/mine"})")),
            (Meta{{"check_http", "/mine"}}));
}

TEST(HealthAnswer, OfAnAgentOf2016HasNoMetaNoWeightsAndNullTags) {
  auto found = parsed(R"([{"Node": {"Node": "n", "Address": "10.0.0.9"},
      "Service": {"ID": "a", "Service": "go-demo", "Tags": null, "Address": "", "Port": 1234}, "Checks": []}])");
  model::Instance want{.service = "go-demo",
                       .node = "n",
                       .id = "a",
                       .address = "10.0.0.9",
                       .port = 1234,
                       .tags = {},
                       .meta = {}};
  EXPECT_THAT(found, ElementsAre(want)) << "the node's address where the service has none";
}

TEST(HealthAnswer, NullCountsAsAbsentEverywhere) {
  auto found = parsed(R"([{"Node": {"Node": "n", "Address": "10.0.0.9", "Meta": null},
      "Service": {"ID": "a", "Service": "go-demo", "Tags": null, "Address": null, "Meta": null, "Weights": null,
                  "Port": 1}, "Checks": null}])");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].address, "10.0.0.9");
  EXPECT_EQ(found[0].weight, 1);
  EXPECT_EQ(found[0].health, model::Health::Passing);
}

TEST(HealthAnswer, FieldsMayComeInAnyOrderAndUnknownOnesAreSkipped) {
  auto found =
      parsed(R"([{"New": [{"deep": [1, {"x": null}]}], "Checks": [{"Status": "warning", "CheckID": "c"}],
      "Service": {"Port": 1, "New": {"a": [1]}, "Service": "s", "Weights": {"Warning": 9, "Passing": 3}, "ID": "i"},
      "Node": {"Address": "10.0.0.1", "New": 1.5e3, "Node": "n"}}])");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].id, "i");
  EXPECT_EQ(found[0].weight, 3);
  EXPECT_EQ(found[0].health, model::Health::Warning);
}

TEST(HealthAnswer, WhatCannotBeReachedIsLeftOut) {
  auto found = parsed(R"([
      {"Node": {"Node": "n", "Address": "10.0.0.1"}, "Service": {"ID": "no-port", "Service": "s"}},
      {"Node": {"Node": "n", "Address": "10.0.0.1"}, "Service": {"ID": "zero", "Service": "s", "Port": 0}},
      {"Node": {"Node": "n", "Address": "10.0.0.1"}, "Service": {"ID": "big", "Service": "s", "Port": 65536}},
      {"Node": {"Node": "n"}, "Service": {"ID": "no-address", "Service": "s", "Port": 1}},
      {}, null, 7,
      {"Node": {"Node": "n", "Address": "10.0.0.1"}, "Service": {"ID": "good", "Service": "s", "Port": 65535}}])");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].id, "good");
}

TEST(HealthAnswer, IsSortedByNodeAndId) {
  auto found = parsed(R"([
      {"Node": {"Node": "b", "Address": "1.1.1.1"}, "Service": {"ID": "1", "Port": 1}},
      {"Node": {"Node": "a", "Address": "1.1.1.1"}, "Service": {"ID": "2", "Port": 1}},
      {"Node": {"Node": "a", "Address": "1.1.1.1"}, "Service": {"ID": "1", "Port": 1}}])");
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].node + found[0].id + found[1].node + found[1].id + found[2].node, "a1a2b");
}

TEST(HealthAnswer, BrokenTextIsAnError) {
  for (auto text :
       {"", "{}", "null", "[", "[{\"Node\":", "[{\"Node\": {\"Node\": \"\\u12\"}}]", "No cluster leader"}) {
    std::string body = text;
    auto answer = parse_health_answer(body);
    EXPECT_TRUE(!answer && answer.error().code == Errc::Rejected) << text;
  }
}

struct HealthCase {
  const char* name;
  const char* checks;
  model::Health want;
};
void PrintTo(const HealthCase& c, std::ostream* out) { *out << c.name; }

class AggregateHealth : public ::testing::TestWithParam<HealthCase> {};

TEST_P(AggregateHealth, IsTheWorstOfAllChecks) {
  auto found =
      parsed(std::string(R"([{"Node": {"Node": "n", "Address": "1.1.1.1"}, "Service": {"ID": "a", "Port": 1},
                                      "Checks": )") +
             GetParam().checks + "}]");
  EXPECT_EQ(found.at(0).health, GetParam().want);
}

using enum model::Health;
INSTANTIATE_TEST_SUITE_P(
    Table, AggregateHealth,
    ::testing::Values(
        HealthCase{"NoChecks", "[]", Passing},
        HealthCase{"AllPassing",
                   R"([{"CheckID":"serfHealth","Status":"passing"},{"CheckID":"a","Status":"passing"}])",
                   Passing},
        HealthCase{"OneWarning", R"([{"CheckID":"a","Status":"warning"},{"CheckID":"b","Status":"passing"}])",
                   Warning},
        HealthCase{"CriticalBeatsWarning",
                   R"([{"CheckID":"a","Status":"critical"},{"CheckID":"b","Status":"warning"}])", Critical},
        HealthCase{"NodeDown", R"([{"CheckID":"serfHealth","Status":"critical"}])", Critical},
        HealthCase{"NodeMaintenance", R"([{"CheckID":"_node_maintenance","Status":"critical"},
                                          {"CheckID":"a","Status":"critical"}])",
                   Maintenance},
        HealthCase{"ServiceMaintenance", R"([{"CheckID":"_service_maintenance:a","Status":"critical"}])",
                   Maintenance},
        HealthCase{"UnknownStatus", R"([{"CheckID":"a","Status":"odd"}])", Critical},
        HealthCase{"NoStatus", R"([{"CheckID":"a"}])", Critical}),
    [](const auto& test) { return test.param.name; });

TEST(ServicesAnswer, GivesTheNamesSorted) {
  std::string body = R"({"web": ["a"], "consul": [], "go-demo": null})";
  EXPECT_EQ(parse_services_answer(body), (std::vector<std::string>{"consul", "go-demo", "web"}));
}

TEST(AgentChecks, GivesTheWorstByService) {
  std::string body = R"({"service:a:1": {"CheckID": "service:a:1", "Status": "passing", "ServiceID": "a"},
                         "service:a:2": {"CheckID": "service:a:2", "Status": "warning", "ServiceID": "a"},
                         "_node_maintenance": {"CheckID": "_node_maintenance", "Status": "critical", "ServiceID": ""}})";
  EXPECT_EQ(parse_agent_checks(body),
            (std::map<std::string, model::Health>{{"a", Warning}, {"", Maintenance}}));
}

}  // namespace
}  // namespace dfp::registry::consul
