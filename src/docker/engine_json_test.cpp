#include "docker/engine_json.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "base/source_dir.hpp"
#include "docker/line_buffer.hpp"

namespace dfp::docker {
namespace {
using testing::ElementsAre;

/// What a Docker Engine 20.10.24 answered.
std::string recorded(const std::string& name) {
  std::ifstream file(source_dir() + "/src/docker/testing/recorded/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(EngineJson, ReadsAContainer) {
  auto container = decode_container(recorded("container.json"));
  ASSERT_TRUE(container) << container.error().what;
  EXPECT_EQ(container->name, "c1");
  EXPECT_EQ(container->id.size(), 64u);
  EXPECT_EQ(container->hostname, "7f271dc1b9c7");
  EXPECT_EQ(container->image, "demo");
  EXPECT_EQ(container->network_mode, "default");
  EXPECT_EQ(container->ip, "172.17.0.2");
  EXPECT_THAT(container->exposed, ElementsAre(PortKey{8080, "tcp"}));
  EXPECT_THAT((container->ports[{8080, "tcp"}]),
              ElementsAre(HostBinding{"0.0.0.0", 32768}, HostBinding{"::", 32768}));
  ASSERT_EQ(container->networks.size(), 1u);
  EXPECT_EQ(container->networks[0].network, "bridge");
  EXPECT_EQ(container->networks[0].ip, "172.17.0.2");
  EXPECT_TRUE(container->running);
  EXPECT_FALSE(container->paused);
  EXPECT_EQ(container->health, ContainerHealth::None);
}

TEST(EngineJson, AnUnpublishedPortHasNoBinding) {
  auto container = decode_container(R"({"Id":"a","NetworkSettings":{"Ports":{"9090/udp":null}}})");
  ASSERT_TRUE(container);
  EXPECT_THAT((container->ports[{9090, "udp"}]), ElementsAre());
  EXPECT_EQ(container->ports.size(), 1u);
}

TEST(EngineJson, ReadsHealthAndExitCode) {
  auto container = decode_container(
      R"({"Id":"a","State":{"Running":false,"Paused":true,"ExitCode":137,"Health":{"Status":"unhealthy"}}})");
  ASSERT_TRUE(container);
  EXPECT_EQ(container->health, ContainerHealth::Unhealthy);
  EXPECT_EQ(container->exit_code, 137);
  EXPECT_TRUE(container->paused);
  EXPECT_FALSE(container->running);
}

TEST(EngineJson, ReadsServices) {
  auto services = decode_services(recorded("services.json"));
  ASSERT_TRUE(services) << services.error().what;
  ASSERT_EQ(services->size(), 2u);
  auto& web = services->at(0);
  EXPECT_EQ(web.name, "web");
  EXPECT_EQ(web.version, 13u);
  EXPECT_EQ(web.replicas, 2u);
  EXPECT_FALSE(web.global);
  EXPECT_TRUE(web.dnsrr);
  EXPECT_THAT(web.networks, ElementsAre("r3dqh6ub2i9rpo08kosexg05y"));
  EXPECT_THAT(web.virtual_ips, ElementsAre());
  auto& vip = services->at(1);
  EXPECT_FALSE(vip.dnsrr);
  EXPECT_THAT(vip.virtual_ips, ElementsAre(VirtualIp{"r3dqh6ub2i9rpo08kosexg05y", "10.0.1.5"}));
  EXPECT_EQ(vip.update_state, "");
}

TEST(EngineJson, ReadsPortsAndStateOfAnUpdatingService) {
  auto services = decode_services(
      R"([{"ID":"s","Version":{"Index":7},"Spec":{"Name":"g","Labels":{"com.df.notify":"true"},"Mode":{"Global":{}}},
          "Endpoint":{"Ports":[{"Protocol":"tcp","TargetPort":80,"PublishedPort":8080,"PublishMode":"host"}]},
          "UpdateStatus":{"State":"paused","Message":"update paused due to failure"}}])");
  ASSERT_TRUE(services) << services.error().what;
  auto& service = services->at(0);
  EXPECT_TRUE(service.global);
  EXPECT_THAT(service.ports, ElementsAre(ServicePort{
                                 .target = 80, .published = 8080, .protocol = "tcp", .host_mode = true}));
  EXPECT_EQ(service.labels.at("com.df.notify"), "true");
  EXPECT_EQ(service.update_state, "paused");
}

TEST(EngineJson, ReadsTasks) {
  auto tasks = decode_tasks(recorded("tasks.json"));
  ASSERT_TRUE(tasks) << tasks.error().what;
  ASSERT_EQ(tasks->size(), 2u);
  auto& task = tasks->at(0);
  EXPECT_EQ(task.id, "e2hmxwh236k9i2ordxobe2ztd");
  EXPECT_EQ(task.service_id, "f1lks23szqysj45q8rx67tycn");
  EXPECT_EQ(task.node_id, "z83frvxn9kc06gij8sujoty5b");
  EXPECT_EQ(task.slot, 1u);
  EXPECT_EQ(task.state, "running");
  EXPECT_EQ(task.desired_state, "running");
  EXPECT_THAT(task.addresses, ElementsAre(TaskAddress{"r3dqh6ub2i9rpo08kosexg05y", "ov", "10.0.1.2"}));
  EXPECT_EQ(task.container_id.substr(0, 12), "27af16951526");
  EXPECT_THAT(task.host_ports, ElementsAre());
}

TEST(EngineJson, ReadsHostPortsOfATask) {
  auto tasks = decode_tasks(
      R"([{"ID":"t","Status":{"State":"running","PortStatus":{"Ports":[
          {"Protocol":"tcp","TargetPort":8080,"PublishedPort":32768,"PublishMode":"host"},
          {"Protocol":"tcp","TargetPort":8081,"PublishedPort":81,"PublishMode":"ingress"}]}}}])");
  ASSERT_TRUE(tasks);
  ASSERT_EQ(tasks->at(0).host_ports.size(), 1u);
  EXPECT_EQ(tasks->at(0).host_ports[0].published, 32768);
}

TEST(EngineJson, ReadsNodesNetworksAndInfo) {
  auto nodes = decode_nodes(recorded("nodes.json"));
  ASSERT_TRUE(nodes);
  EXPECT_EQ(nodes->at(0).hostname, "vm");
  EXPECT_EQ(nodes->at(0).address, "127.0.0.1");
  EXPECT_FALSE(nodes->at(0).lost);
  EXPECT_TRUE(nodes->at(0).active);
  EXPECT_TRUE(nodes->at(0).manager);
  auto networks = decode_networks(recorded("networks.json"));
  ASSERT_TRUE(networks);
  EXPECT_EQ(networks->at(0).name, "ov");
  EXPECT_EQ(networks->at(0).scope, "swarm");
  auto info = decode_info(recorded("info.json"));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->name, "vm");
  EXPECT_TRUE(info->swarm);
  EXPECT_TRUE(info->manager);
  EXPECT_EQ(info->node_addr, "127.0.0.1");
}

struct SignalCase {
  const char* name;
  const char* text;
  int number;
};
class StopSignals : public testing::TestWithParam<SignalCase> {};
TEST_P(StopSignals, AreKnownByNumber) {
  auto container =
      decode_container(fmt::format(R"({{"Id":"a","Config":{{"StopSignal":"{}"}}}})", GetParam().text));
  ASSERT_TRUE(container);
  EXPECT_EQ(container->stop_signal, GetParam().number);
}
INSTANTIATE_TEST_SUITE_P(Table, StopSignals,
                         testing::Values(SignalCase{"None", "", 15}, SignalCase{"Name", "SIGQUIT", 3},
                                         SignalCase{"Short", "WINCH", 28}, SignalCase{"Number", "10", 10},
                                         SignalCase{"Other", "SIGRTMIN+3", 0}),
                         [](const auto& test) { return test.param.name; });

struct NodeStateCase {
  const char* state;
  bool lost;
};
class NodeStates : public testing::TestWithParam<NodeStateCase> {};
TEST_P(NodeStates, TellWhetherTheSwarmHasLostIt) {
  auto nodes = decode_nodes(fmt::format(R"([{{"ID":"n","Status":{{"State":"{}"}}}}])", GetParam().state));
  ASSERT_TRUE(nodes);
  EXPECT_EQ(nodes->at(0).lost, GetParam().lost);
}
INSTANTIATE_TEST_SUITE_P(Table, NodeStates,
                         testing::Values(NodeStateCase{"ready", false}, NodeStateCase{"unknown", false},
                                         NodeStateCase{"down", true}, NodeStateCase{"disconnected", true}),
                         [](const auto& test) { return std::string(test.param.state); });

TEST(EngineJson, AManagerThatListensEverywhereIsFoundByItsManagerAddress) {
  auto nodes = decode_nodes(
      R"([{"ID":"n","Status":{"State":"ready","Addr":"0.0.0.0"},"ManagerStatus":{"Addr":"[fd00::1]:2377"}}])");
  ASSERT_TRUE(nodes);
  EXPECT_EQ(nodes->at(0).address, "fd00::1");
}

TEST(EngineJson, ANodeHasTheLabelsOfItsEngineToo) {
  auto nodes = decode_nodes(R"([{"ID":"n","Spec":{"Labels":{"a":"node"}},
      "Description":{"Engine":{"Labels":{"a":"engine","b":"engine"}}}}])");
  ASSERT_TRUE(nodes);
  EXPECT_EQ(nodes->at(0).labels, (Labels{{"a", "node"}, {"b", "engine"}}));
}

TEST(EngineJson, ReadsAnEvent) {
  auto event = decode_event(
      R"({"status":"die","id":"eaee","Type":"container","Action":"die","Actor":{"ID":"eaee",
          "Attributes":{"exitCode":"0","name":"c1"}},"scope":"local","time":1795340188,"timeNano":1795340188586972114})");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->action, "die");
  EXPECT_EQ(event->attributes.at("exitCode"), "0");
  EXPECT_EQ(event->time.count(), 1795340188586972114);
}

TEST(EngineJson, RefusesWhatItIsNot) {
  EXPECT_EQ(decode_services("{}").error().code, Errc::Rejected);
  EXPECT_EQ(decode_services("[1]").error().code, Errc::Rejected);
  EXPECT_EQ(decode_tasks("<html>").error().code, Errc::Rejected);
  EXPECT_EQ(decode_container("[]").error().code, Errc::Rejected);
  EXPECT_EQ(decode_event("{}").error().code, Errc::Rejected);
  EXPECT_EQ(decode_container_ids(R"([{"Id":"a"},{}])").error().code, Errc::Rejected);
}

TEST(EngineJson, WrongTypesReadAsAbsent) {
  auto container = decode_container(
      R"({"Id":"a","Name":7,"Config":{"Env":"x","Labels":[1],"ExposedPorts":{"http/tcp":{},"99999/tcp":{},"80/":{}}},
          "State":{"ExitCode":"1","Running":1},"NetworkSettings":null})");
  ASSERT_TRUE(container);
  Container bare;
  bare.id = "a";
  EXPECT_EQ(*container, bare);
}

TEST(EngineJson, ReadsTheMessageOfAFailure) {
  EXPECT_EQ(decode_message(R"({"message":"No such container: x"})"), "No such container: x");
  EXPECT_EQ(decode_message("plain text\n"), "plain text");
}

TEST(PortKeys, AreReadWithAndWithoutProtocol) {
  EXPECT_EQ(parse_port_key("8080/udp"), (PortKey{8080, "udp"}));
  EXPECT_EQ(parse_port_key("8080"), (PortKey{8080, "tcp"}));
  for (auto bad : {"", "/tcp", "0/tcp", "65536/tcp", "a/tcp", "80/"})
    EXPECT_EQ(parse_port_key(bad), std::nullopt) << bad;
}

TEST(LineBuffers, PutPiecesTogether) {
  LineBuffer buffer(100);
  std::vector<std::string> lines;
  auto keep = [&](std::string_view line) {
    lines.emplace_back(line);
    return true;
  };
  for (auto piece : {"on", "e\ntw", "o\n\n", "", "three\nfour"}) EXPECT_TRUE(buffer.feed(piece, keep));
  EXPECT_THAT(lines, ElementsAre("one", "two", "three"));
}

TEST(LineBuffers, DropALineThatIsTooLong) {
  LineBuffer buffer(4);
  std::vector<std::string> lines;
  auto keep = [&](std::string_view line) {
    lines.emplace_back(line);
    return true;
  };
  for (auto piece : {"12", "345", "67\nok", "\n"}) EXPECT_TRUE(buffer.feed(piece, keep));
  EXPECT_THAT(lines, ElementsAre("ok"));
}

TEST(LineBuffers, StopWhenTold) {
  LineBuffer buffer(100);
  int lines = 0;
  EXPECT_FALSE(buffer.feed("a\nb\nc\n", [&](std::string_view) { return ++lines < 2; }));
  EXPECT_EQ(lines, 2);
}

}  // namespace
}  // namespace dfp::docker
