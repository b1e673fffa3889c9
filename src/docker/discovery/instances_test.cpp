#include "docker/discovery/instances.hpp"

#include <gmock/gmock.h>

#include "docker/discovery/testing/swarm_objects.hpp"

namespace dfp::docker::discovery {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

model::Definition definition(std::uint16_t port = 8080) {
  model::Definition made;
  made.service = "web";
  made.paths = {"/"};
  made.port = port;
  return made;
}

/// A swarm with one service, seen from a proxy in its network.
struct Swarm {
  std::vector<SwarmService> services{swarm_service("web", 2)};
  std::vector<SwarmTask> tasks{swarm_task("web", 1, "n1"), swarm_task("web", 2, "n2")};
  std::vector<SwarmNode> nodes{swarm_node("n1"), swarm_node("n2")};
  bool in_container = true;

  View view() const {
    auto own = proxy_container();
    return view_of_swarm(services, tasks, nodes, in_container ? &own : nullptr);
  }
  Result<std::vector<model::Instance>> instances(const model::Definition& wanted = definition(),
                                                 const std::string& preferred = "") const {
    auto seen = view();
    return instances_of(seen, *seen.find("web"), wanted, preferred);
  }
};

std::vector<std::string> places(const Result<std::vector<model::Instance>>& instances) {
  if (!instances) return {instances.error().what};
  std::vector<std::string> places;
  for (const auto& instance : *instances)
    places.push_back(instance.address + ":" + std::to_string(instance.port));
  return places;
}

TEST(SwarmInstances, AreTheTasksInTheSharedNetwork) {
  Swarm swarm;
  auto instances = swarm.instances();
  ASSERT_TRUE(instances);
  ASSERT_THAT(*instances, SizeIs(2));
  auto& first = instances->at(0);
  EXPECT_EQ(first.service, "web");
  EXPECT_EQ(first.node, "host-n1");
  EXPECT_EQ(first.id, "web-1");
  EXPECT_EQ(first.address, "10.0.1.1");
  EXPECT_EQ(first.port, 8080);
  EXPECT_EQ(first.health, model::Health::Passing);
  EXPECT_EQ(first.meta.at("docker"), "swarm");
}

struct StateCase {
  const char* name;
  const char* state;
  const char* desired;
  bool used;
};
void PrintTo(const StateCase& c, std::ostream* os) { *os << c.name; }
class TaskStates : public testing::TestWithParam<StateCase> {};
TEST_P(TaskStates, DecideWhetherATaskIsUsed) {
  Swarm swarm;
  swarm.tasks[0].state = GetParam().state;
  swarm.tasks[0].desired_state = GetParam().desired;
  EXPECT_EQ(swarm.instances()->size(), GetParam().used ? 2u : 1u);
}
INSTANTIATE_TEST_SUITE_P(Table, TaskStates,
                         testing::Values(StateCase{"Running", "running", "running", true},
                                         StateCase{"NotHealthyYet", "starting", "running", false},
                                         StateCase{"Waiting", "ready", "running", false},
                                         StateCase{"ToBeStopped", "running", "shutdown", false},
                                         StateCase{"Failed", "failed", "running", false},
                                         StateCase{"Removed", "running", "remove", false}),
                         [](const auto& test) { return test.param.name; });

TEST(SwarmInstances, OnANodeThatIsDownAreNotUsed) {
  Swarm swarm;
  swarm.nodes[1].lost = true;
  EXPECT_THAT(places(swarm.instances()), ElementsAre("10.0.1.1:8080"));
}

/// As when the leader changed, and no node has found the new one yet.
struct AllNodesLost : testing::Test {
  AllNodesLost() {
    for (auto& node : swarm.nodes) node.lost = true;
    for (auto& task : swarm.tasks) task.desired_state = "shutdown";
  }
  Swarm swarm;
};

TEST_F(AllNodesLost, UsesWhatRanLast) {
  EXPECT_THAT(places(swarm.instances()), ElementsAre("10.0.1.1:8080", "10.0.1.2:8080"));
}

TEST_F(AllNodesLost, UsesNothingElseOnceACopyRuns) {
  swarm.nodes.push_back(swarm_node("n3"));
  swarm.tasks.push_back(swarm_task("web", 3, "n3"));
  EXPECT_THAT(places(swarm.instances()), ElementsAre("10.0.1.3:8080"));
}

TEST_F(AllNodesLost, UsesNothingThatHasEnded) {
  swarm.tasks[0].state = "failed";
  EXPECT_THAT(places(swarm.instances()), ElementsAre("10.0.1.2:8080"));
}

TEST_F(AllNodesLost, UsesNothingThatWasScaledAway) {
  swarm.tasks[0].desired_state = "remove";
  EXPECT_THAT(places(swarm.instances()), ElementsAre("10.0.1.2:8080"));
  swarm.services[0].replicas = 0;
  EXPECT_THAT(places(swarm.instances()), IsEmpty());
}

TEST_F(AllNodesLost, UsesNothingOfANodeThatIsBack) {
  swarm.nodes[0].lost = false;
  EXPECT_THAT(places(swarm.instances()), ElementsAre("10.0.1.2:8080"));
}

TEST(SwarmInstances, OnADrainedNodeAreUsedUntilTheyAreToldToStop) {
  Swarm swarm;
  swarm.nodes[1].active = false;
  EXPECT_THAT(places(swarm.instances()), SizeIs(2));
}

TEST(SwarmInstances, TakeThePortOfAServiceThatHasOne) {
  Swarm swarm;
  swarm.services[0].ports = {{.target = 9000, .published = 80, .protocol = "tcp", .host_mode = false},
                             {.target = 53, .published = 53, .protocol = "udp", .host_mode = false}};
  EXPECT_THAT(places(swarm.instances(definition(0))), ElementsAre("10.0.1.1:9000", "10.0.1.2:9000"));
}

TEST(SwarmInstances, OfDestinationsWithSeveralPortsAreFoundForEach) {
  Swarm swarm;
  auto wanted = definition(8080);
  wanted.others[2].paths = {"/admin"};
  wanted.others[2].port = 9090;
  auto instances = swarm.instances(wanted);
  EXPECT_THAT(places(instances),
              ElementsAre("10.0.1.1:8080", "10.0.1.1:9090", "10.0.1.2:8080", "10.0.1.2:9090"));
  EXPECT_EQ(instances->at(1).requested_port, 9090);
  wanted.others[2].port = 8080;
  EXPECT_THAT(places(swarm.instances(wanted)), ElementsAre("10.0.1.1:8080", "10.0.1.2:8080"));
}

TEST(SwarmInstances, NeedAPortWhereItIsNotClear) {
  Swarm swarm;
  EXPECT_THAT(places(swarm.instances(definition(0))),
              ElementsAre(HasSubstr("port: service web exposes no port")));
  swarm.services[0].ports = {{.target = 80, .published = 0, .protocol = "tcp", .host_mode = false},
                             {.target = 81, .published = 0, .protocol = "tcp", .host_mode = false}};
  EXPECT_THAT(places(swarm.instances(definition(0))), ElementsAre(HasSubstr("has several (80, 81)")));
}

TEST(SwarmInstances, AreFoundByTheirPublishedPortWithoutASharedNetwork) {
  Swarm swarm;
  swarm.in_container = false;
  for (std::uint16_t i = 0; i < 2; ++i)
    swarm.tasks[i].host_ports = {{.target = 8080,
                                  .published = static_cast<std::uint16_t>(30000 + i),
                                  .protocol = "tcp",
                                  .host_mode = true}};
  EXPECT_THAT(places(swarm.instances()), ElementsAre("192.168.0.1:30000", "192.168.0.2:30001"));
}

TEST(SwarmInstances, ThatCannotBeReachedAreAnErrorWithTheWayOut) {
  Swarm swarm;
  swarm.in_container = false;
  EXPECT_THAT(places(swarm.instances()),
              ElementsAre(HasSubstr("cannot reach the networks of service web (front)")));
  swarm.in_container = true;
  for (auto& task : swarm.tasks) task.addresses = {{"net-back", "back", "10.9.0.1"}};
  EXPECT_THAT(places(swarm.instances()),
              ElementsAre(HasSubstr("no network of service web (back) is one of the proxy's")));
}

TEST(SwarmInstances, InANamedNetwork) {
  Swarm swarm;
  for (auto& task : swarm.tasks)
    task.addresses.push_back({"net-back", "back", "10.9.0." + std::to_string(task.slot)});
  EXPECT_THAT(places(swarm.instances(definition(), "back")), ElementsAre("10.9.0.1:8080", "10.9.0.2:8080"));
  auto wanted = definition();
  wanted.network = "front";
  EXPECT_THAT(places(swarm.instances(wanted, "back")), ElementsAre("10.0.1.1:8080", "10.0.1.2:8080"));
  wanted.network = "nowhere";
  EXPECT_THAT(places(swarm.instances(wanted)),
              ElementsAre(HasSubstr("not in the network nowhere; it is in: back, front")));
}

TEST(SwarmInstances, NoneIsNoError) {
  Swarm swarm;
  swarm.tasks.clear();
  auto instances = swarm.instances();
  ASSERT_TRUE(instances);
  EXPECT_THAT(*instances, IsEmpty());
}

TEST(SwarmInstances, OverlayIsTheVirtualIp) {
  Swarm swarm;
  swarm.services[0].virtual_ips = {
      {"net-ingress", "10.255.0.9"}, {"net-back", "10.9.0.9"}, {"net-front", "10.0.1.9"}};
  swarm.tasks[0].addresses.erase(swarm.tasks[0].addresses.begin());
  auto wanted = definition();
  wanted.discovery_type = "overlay";
  auto own = proxy_container();
  own.networks.pop_back();
  auto view = view_of_swarm(swarm.services, swarm.tasks, swarm.nodes, &own);
  EXPECT_THAT(places(instances_of(view, *view.find("web"), wanted, "")), ElementsAre("10.0.1.9:8080"));
  swarm.services[0].virtual_ips.clear();
  EXPECT_THAT(places(swarm.instances(wanted)), ElementsAre(HasSubstr("has no virtual IP")));
}

TEST(SwarmInstances, AColourIsAServiceOfItsOwn) {
  Swarm swarm;
  swarm.services.push_back(swarm_service("web-blue", 1));
  swarm.tasks.push_back(swarm_task("web-blue", 7));
  auto wanted = definition();
  wanted.color = "blue";
  auto view = swarm.view();
  auto instances = instances_of(view, *view.find(wanted.registered_name()), wanted, "");
  EXPECT_THAT(places(instances), ElementsAre("10.0.1.7:8080"));
  EXPECT_EQ(instances->at(0).service, "web-blue");
}

Container container(const std::string& name, Labels labels = {}) {
  Container made;
  made.id = name + "-0123456789abcdef";
  made.name = name;
  made.labels = std::move(labels);
  made.exposed = {{8080, "tcp"}, {53, "udp"}};
  made.networks = {{"bridge", "net-bridge", "172.17.0.2", ""}};
  made.running = true;
  return made;
}

const std::vector<EngineNetwork> kNetworks{{"net-bridge", "bridge", "bridge", "local"},
                                           {"net-front", "front", "overlay", "swarm"}};

const EngineHost kHost{.name = "host"};

TEST(ContainerInstances, AreReachedThroughTheBridgeFromTheHost) {
  auto view = view_of_containers({container("web")}, kNetworks, kHost, nullptr);
  auto instances = instances_of(view, *view.find("web"), definition(0), "");
  EXPECT_THAT(places(instances), ElementsAre("172.17.0.2:8080"));
  EXPECT_EQ(instances->at(0).node, "host");
  EXPECT_EQ(instances->at(0).id, "web-01234567");
  EXPECT_EQ(instances->at(0).meta.at("docker"), "container");
}

TEST(ContainerInstances, TellTheCheckOfTheirVariablesAndLabels) {
  auto web = container("web", {{"SERVICE_CHECK_INTERVAL", "5s"}, {"SERVICE_9090_CHECK_HTTP", "/other"}});
  web.env = {"SERVICE_CHECK_HTTP=/health", "SERVICE_8080_CHECK_HTTP_METHOD=HEAD", "PATH=/bin"};
  auto view = view_of_containers({web}, kNetworks, kHost, nullptr);
  auto instances = instances_of(view, *view.find("web"), definition(), "");
  ASSERT_TRUE(instances);
  auto check = model::check_of(definition(), instances->at(0));
  EXPECT_EQ(check.text(), "HEAD /health (200-399)");
  EXPECT_EQ(check.interval, std::chrono::seconds(5));
}

TEST(SwarmInstances, TellTheCheckOfTheirServicesLabels) {
  Swarm swarm;
  swarm.services[0].labels["SERVICE_CHECK_HTTP"] = "health";
  auto instances = swarm.instances();
  ASSERT_TRUE(instances);
  EXPECT_EQ(model::check_of(definition(), instances->at(1)).path, "/health");
}

TEST(ContainerInstances, AreReachedByTheirPublishedPortElsewhere) {
  auto web = container("web");
  web.networks = {{"front", "net-front", "10.0.1.3", ""}};
  web.ports[{8080, "tcp"}] = {{"0.0.0.0", 32768}};
  auto view = view_of_containers({web}, kNetworks, kHost, nullptr);
  EXPECT_THAT(places(instances_of(view, *view.find("web"), definition(), "")),
              ElementsAre("127.0.0.1:32768"));
  auto own = proxy_container();
  view = view_of_containers({web}, kNetworks, kHost, &own);
  EXPECT_THAT(places(instances_of(view, *view.find("web"), definition(), "")), ElementsAre("10.0.1.3:8080"));
}

TEST(ContainerInstances, OfAnotherHostAreReachedWhereItPublishesThem) {
  auto web = container("web");
  const EngineHost other{.name = "other", .address = "10.0.0.7", .local = false};
  auto place = [&](const EngineHost& host) {
    auto view = view_of_containers({web}, kNetworks, host, nullptr);
    return places(instances_of(view, *view.find("web"), definition(), ""));
  };
  EXPECT_THAT(place(other), ElementsAre(HasSubstr("network: the proxy is not in a container's network")));
  web.ports[{8080, "tcp"}] = {{"0.0.0.0", 32768}};
  EXPECT_THAT(place(other), ElementsAre("10.0.0.7:32768"));
  web.ports[{8080, "tcp"}] = {{"127.0.0.1", 32768}};
  EXPECT_THAT(place(other), ElementsAre(HasSubstr("port 8080 is not published")));
  web.ports[{8080, "tcp"}] = {{"10.0.0.8", 32768}};
  EXPECT_THAT(place(other), ElementsAre("10.0.0.8:32768"));
  EXPECT_THAT(place(kHost), ElementsAre("172.17.0.2:8080"));
}

TEST(ContainerInstances, InTheNetworkOfTheHostAreReachedThereByAnyPort) {
  auto web = container("web");
  web.network_mode = "host";
  web.networks = {{"host", "net-host", "", ""}};
  auto view = view_of_containers({web}, kNetworks, kHost, nullptr);
  EXPECT_THAT(places(instances_of(view, *view.find("web"), definition(9000), "")),
              ElementsAre("127.0.0.1:9000"))
      << "a port that the image does not tell";
  auto own = proxy_container();
  view = view_of_containers({web}, kNetworks, kHost, &own);
  EXPECT_THAT(places(instances_of(view, *view.find("web"), definition(9000), "")),
              ElementsAre(HasSubstr("network: no network of service web")));
}

TEST(ContainerInstances, InTheNetworkOfAnotherContainerAreWhereThatOneIs) {
  auto web = container("web");
  web.networks.clear();
  web.network_mode = "container:" + container("vpn").id;
  auto view = view_of_containers({web, container("vpn")}, kNetworks, kHost, nullptr);
  EXPECT_THAT(places(instances_of(view, *view.find("web"), definition(9000), "")),
              ElementsAre("172.17.0.2:9000"));
  auto vpn = container("vpn");
  vpn.network_mode = "host";
  vpn.networks = {{"host", "net-host", "", ""}};
  view = view_of_containers({web, vpn}, kNetworks, kHost, nullptr);
  EXPECT_THAT(places(instances_of(view, *view.find("web"), definition(9000), "")),
              ElementsAre("127.0.0.1:9000"));
}

TEST(ContainerInstances, OfOneCommandOfComposeAreNoCopies) {
  Labels labels{{"com.docker.compose.project", "shop"}, {"com.docker.compose.service", "web"}};
  auto shell = labels;
  shell["com.docker.compose.oneoff"] = "True";
  labels["com.docker.compose.oneoff"] = "False";
  auto view = view_of_containers({container("shop_web_1", labels), container("shop_web_run_1", shell)},
                                 kNetworks, kHost, nullptr);
  ASSERT_THAT(view.services, SizeIs(1));
  EXPECT_THAT(view.services[0].replicas, SizeIs(1));
}

TEST(ContainerInstances, OfAComposeServiceBelongTogether) {
  Labels labels{{"com.docker.compose.project", "shop"}, {"com.docker.compose.service", "web"}};
  auto second = container("shop_web_2", labels);
  second.networks[0].ip = "172.17.0.3";
  auto other = labels;
  other["com.docker.compose.project"] = "blog";
  auto view = view_of_containers({container("shop_web_1", labels), second, container("blog_web_1", other)},
                                 kNetworks, kHost, nullptr);
  ASSERT_THAT(view.services, SizeIs(2));
  EXPECT_THAT(places(instances_of(view, *view.find("shop_web"), definition(0), "")),
              ElementsAre("172.17.0.2:8080", "172.17.0.3:8080"));
  EXPECT_EQ(view.find("web"), nullptr);
}

TEST(ContainerInstances, ThatAreNotWellAreNotUsed) {
  auto web = container("web");
  auto usable = [](const Container& c) {
    return view_of_containers({c}, kNetworks, kHost, nullptr).services.at(0).usable();
  };
  EXPECT_EQ(usable(web), 1u);
  web.health = ContainerHealth::Starting;
  EXPECT_EQ(usable(web), 0u);
  web.health = ContainerHealth::Unhealthy;
  EXPECT_EQ(usable(web), 0u);
  web.health = ContainerHealth::Healthy;
  EXPECT_EQ(usable(web), 1u);
  web.paused = true;
  EXPECT_EQ(usable(web), 0u);
}

TEST(Names, OfAStackCanBeShort) {
  auto service = swarm_service("shop_web", 1, {{"com.docker.stack.namespace", "shop"}});
  auto view = view_of_swarm({service}, {}, {}, nullptr);
  EXPECT_EQ(view.services[0].called(), "shop_web");
  service.labels["com.df.shortName"] = "true";
  view = view_of_swarm({service}, {}, {}, nullptr);
  EXPECT_EQ(view.services[0].called(), "web");
  EXPECT_NE(view.find("web"), nullptr);
  EXPECT_NE(view.find("shop_web"), nullptr);
}

}  // namespace
}  // namespace dfp::docker::discovery
