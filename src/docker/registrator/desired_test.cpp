#include "docker/registrator/desired.hpp"

#include <gmock/gmock.h>

#include "docker/engine_json.hpp"

namespace dfp::docker::registrator {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr auto kFullId = "15323d75bb1e0f3c15323d75bb1e0f3c15323d75bb1e0f3c15323d75bb1e0f3c";

/// A running container "c1" of image "go-demo" in the default bridge.
Container bare() {
  Container container;
  container.id = kFullId;
  container.name = "c1";
  container.image = "go-demo";
  container.network_mode = "default";
  container.ip = "172.17.0.2";
  container.networks = {{"bridge", "n1", "172.17.0.2", ""}};
  container.running = true;
  return container;
}

/// Publishes "8080/tcp" on every address at `host`; 0: exposed only.
Container& with_port(Container& container, const std::string& port, std::uint16_t host) {
  auto key = *parse_port_key(port);
  container.exposed.push_back(key);
  auto& bindings = container.ports[key];
  if (host) bindings = {{"0.0.0.0", host}, {"::", static_cast<std::uint16_t>(host + 1)}};
  return container;
}

HostFacts host() { return {.hostname = "node-1", .ip = "10.0.0.9"}; }

Desired desire(const Container& container, const Options& options = {}) {
  return desired_of({container, nullptr}, options, host());
}

/// The only entry of a container.
model::Instance only(const Container& container, const Options& options = {}) {
  auto desired = desire(container, options);
  EXPECT_THAT(desired.registrations, SizeIs(1));
  return desired.registrations.empty() ? model::Instance{} : desired.registrations[0].instance;
}

std::vector<std::string> names(const Desired& desired) {
  std::vector<std::string> names;
  for (const auto& registration : desired.registrations) names.push_back(registration.instance.service);
  return names;
}

TEST(DesiredEntries, APublishedPortIsRegisteredUnderTheImagesName) {
  auto container = bare();
  with_port(container, "8080/tcp", 32768);
  auto instance = only(container);
  EXPECT_EQ(instance.service, "go-demo");
  EXPECT_EQ(instance.id, "node-1:c1:8080");
  EXPECT_EQ(instance.node, "node-1");
  EXPECT_EQ(instance.address, "10.0.0.9");
  EXPECT_EQ(instance.port, 32768);
  EXPECT_THAT(instance.tags, IsEmpty());
  EXPECT_EQ(instance.health, model::Health::Passing);
  EXPECT_EQ(instance.meta, (std::map<std::string, std::string>{{"dfp-registrator", "node-1"},
                                                               {"dfp-container", "15323d75bb1e"}}));
}

TEST(DesiredEntries, AnUnpublishedPortIsLeftOut) {
  auto container = bare();
  with_port(container, "8080/tcp", 32768);
  with_port(container, "9090/udp", 0);
  EXPECT_THAT(names(desire(container)), ElementsAre("go-demo"));
}

TEST(DesiredEntries, InternalTakesEveryExposedPortWithTheContainersAddress) {
  auto container = bare();
  with_port(container, "8080/tcp", 32768);
  with_port(container, "9090/udp", 0);
  auto desired = desire(container, {.internal = true});
  EXPECT_THAT(names(desired), ElementsAre("go-demo-8080", "go-demo-9090"));
  auto& udp = desired.registrations[1].instance;
  EXPECT_EQ(udp.address, "172.17.0.2");
  EXPECT_EQ(udp.port, 9090);
  EXPECT_EQ(udp.id, "node-1:c1:9090:udp");
  EXPECT_THAT(udp.tags, ElementsAre("udp"));
}

TEST(DesiredEntries, SeveralPortsGetTheirNumberUnlessNamedForThePort) {
  auto container = bare();
  container.env = {"SERVICE_NAME=multi", "SERVICE_9090_NAME=udpsvc",        "SERVICE_TAGS=t1,t\\,2",
                   "SERVICE_REGION=us",  "SERVICE_8080_CHECK_HTTP=/health", "SERVICE_8080_CHECK_INTERVAL=5s"};
  with_port(container, "8080/tcp", 32768);
  with_port(container, "9090/udp", 32769);
  auto desired = desire(container, {.ip = "10.9.8.7"});
  EXPECT_THAT(names(desired), ElementsAre("multi-8080", "udpsvc"));
  auto& tcp = desired.registrations[0];
  EXPECT_EQ(tcp.instance.address, "10.9.8.7");
  EXPECT_THAT(tcp.instance.tags, ElementsAre("t,2", "t1"));
  EXPECT_EQ(tcp.instance.meta.at("region"), "us");
  EXPECT_EQ(tcp.instance.meta.at("check_http"), "/health");
  ASSERT_THAT(tcp.checks, SizeIs(1));
  EXPECT_EQ(tcp.checks[0].target, "http://10.9.8.7:32768/health");
  EXPECT_EQ(tcp.checks[0].interval, 5s);
  auto& udp = desired.registrations[1];
  EXPECT_EQ(udp.instance.id, "node-1:c1:9090:udp");
  EXPECT_THAT(udp.instance.tags, ElementsAre("t,2", "t1", "udp"));
  EXPECT_THAT(udp.checks, IsEmpty());
  EXPECT_FALSE(udp.instance.meta.contains("check_http"));
}

struct ImageCase {
  const char* name;
  const char* image;
  const char* want;
};
void PrintTo(const ImageCase& c, std::ostream* os) { *os << c.name; }
class ImageName : public testing::TestWithParam<ImageCase> {};
TEST_P(ImageName, IsTheLastPartOfThePath) {
  auto container = bare();
  container.image = GetParam().image;
  with_port(container, "80/tcp", 1000);
  EXPECT_EQ(only(container).service, GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Table, ImageName,
                         testing::Values(ImageCase{"Plain", "go-demo", "go-demo"},
                                         ImageCase{"Tag", "go-demo:1.0", "go-demo"},
                                         ImageCase{"Path", "vfarcic/go-demo:1.0", "go-demo"},
                                         ImageCase{"RegistryWithPort", "host:5000/team/go-demo", "go-demo"},
                                         ImageCase{"Digest", "team/go-demo@sha256:0abc", "go-demo"},
                                         ImageCase{"OnlyADigest", "sha256:0abc", "c1"}),
                         [](const auto& test) { return test.param.name; });

struct IdentityCase {
  const char* name;
  std::vector<std::string> env;
  Labels labels;
  const char* service;
  const char* id;
};
void PrintTo(const IdentityCase& c, std::ostream* os) { *os << c.name; }
class Identity : public testing::TestWithParam<IdentityCase> {};
TEST_P(Identity, ComesFromVariablesThenLabelsAndThePortWins) {
  auto container = bare();
  container.env = GetParam().env;
  container.labels = GetParam().labels;
  with_port(container, "80/tcp", 1000);
  auto instance = only(container);
  EXPECT_EQ(instance.service, GetParam().service);
  EXPECT_EQ(instance.id, GetParam().id);
  for (auto consumed : {"name", "id", "tags"}) EXPECT_FALSE(instance.meta.contains(consumed)) << consumed;
}
INSTANTIATE_TEST_SUITE_P(
    Table, Identity,
    testing::Values(
        IdentityCase{"Env", {"SERVICE_NAME=a", "SERVICE_ID=i"}, {}, "a", "i"},
        IdentityCase{"Label", {}, {{"SERVICE_NAME", "b"}}, "b", "node-1:c1:80"},
        IdentityCase{"LabelWins", {"SERVICE_NAME=a"}, {{"SERVICE_NAME", "b"}}, "b", "node-1:c1:80"},
        IdentityCase{"PortWins", {"SERVICE_80_NAME=p", "SERVICE_NAME=a"}, {}, "p", "node-1:c1:80"},
        IdentityCase{
            "PortInEnvWinsOverLabel", {"SERVICE_80_NAME=p"}, {{"SERVICE_NAME", "b"}}, "p", "node-1:c1:80"},
        IdentityCase{"OtherPort", {"SERVICE_81_NAME=p"}, {}, "go-demo", "node-1:c1:80"},
        IdentityCase{"PortId", {"SERVICE_80_ID=i", "SERVICE_ID=j"}, {}, "go-demo", "i"},
        IdentityCase{"LowerCaseIsNothing", {"service_name=a"}, {}, "go-demo", "node-1:c1:80"},
        IdentityCase{"Empty", {"SERVICE_NAME="}, {}, "go-demo", "node-1:c1:80"},
        IdentityCase{"ValueWithEquals", {"SERVICE_ID=a=b"}, {}, "go-demo", "a=b"}),
    [](const auto& test) { return test.param.name; });

TEST(DesiredEntries, IgnoreCountsWithAnyValue) {
  for (auto value : {"true", "false", "0"}) {
    auto container = bare();
    container.env = {std::string("SERVICE_IGNORE=") + value};
    with_port(container, "80/tcp", 1000);
    EXPECT_THAT(desire(container).registrations, IsEmpty()) << value;
  }
}

TEST(DesiredEntries, IgnoreForOnePortLeavesTheOthers) {
  auto container = bare();
  container.env = {"SERVICE_81_IGNORE=1"};
  with_port(container, "80/tcp", 1000);
  with_port(container, "81/tcp", 1001);
  EXPECT_THAT(names(desire(container)), ElementsAre("go-demo-80"));
}

TEST(DesiredEntries, ExplicitTakesOnlyNamedOnes) {
  auto container = bare();
  with_port(container, "80/tcp", 1000);
  Options options{.explicit_only = true};
  EXPECT_THAT(desire(container, options).registrations, IsEmpty());
  container.env = {"SERVICE_NAME=a"};
  EXPECT_EQ(only(container, options).service, "a");
}

TEST(DesiredEntries, ForcedTagsAreAdded) {
  auto container = bare();
  container.env = {"SERVICE_TAGS=b,x"};
  with_port(container, "80/tcp", 1000);
  EXPECT_THAT(only(container, {.tags = {"a", "x"}}).tags, ElementsAre("a", "b", "x"));
}

TEST(DesiredEntries, TagsOfATemplateAreRenderedOnceAndThenSplit) {
  auto container = bare();
  container.env = {"SERVICE_TAGS=b"};
  with_port(container, "80/tcp", 1000);
  with_port(container, "90/udp", 1001);
  int calls = 0;
  auto tags = [&](std::string_view inspected) -> Result<std::string> {
    ++calls;
    return std::string(inspected) + R"(,,a\,c)";
  };
  auto desired = desired_of({container, nullptr, "{json}"}, {}, host(), tags);
  ASSERT_THAT(desired.registrations, SizeIs(2));
  EXPECT_THAT(desired.registrations[0].instance.tags, ElementsAre("a,c", "b", "{json}"));
  EXPECT_THAT(desired.registrations[1].instance.tags, ElementsAre("a,c", "b", "udp", "{json}"));
  EXPECT_EQ(calls, 1);
}

Result<std::string> failing_tags(std::string_view) { return fail(Errc::InvalidArgument, "no such field"); }

TEST(DesiredEntries, AContainerWhoseTagsFailIsReportedOnceAndNotRegistered) {
  auto container = bare();
  with_port(container, "80/tcp", 1000);
  with_port(container, "90/tcp", 1001);
  auto desired = desired_of({container, nullptr}, {}, host(), failing_tags);
  EXPECT_THAT(desired.registrations, IsEmpty());
  EXPECT_THAT(desired.problems, ElementsAre("c1: --tags: no such field"));
}

TEST(DesiredEntries, TagsOfWhatIsNotRegisteredAreNotRendered) {
  auto container = bare();
  container.env = {"SERVICE_IGNORE=1"};
  with_port(container, "80/tcp", 1000);
  EXPECT_THAT(desired_of({container, nullptr}, {}, host(), failing_tags).problems, IsEmpty());
}

struct AddressCase {
  const char* name;
  Options options;
  std::function<void(Container&)> change;
  const char* address;
  std::uint16_t port;
};
void PrintTo(const AddressCase& c, std::ostream* os) { *os << c.name; }
class Addresses : public testing::TestWithParam<AddressCase> {};
TEST_P(Addresses, FollowTheRules) {
  auto container = bare();
  with_port(container, "80/tcp", 1000);
  GetParam().change(container);
  auto instance = only(container, GetParam().options);
  EXPECT_EQ(instance.address, GetParam().address);
  EXPECT_EQ(instance.port, GetParam().port);
}
void in_user_network(Container& c) {
  c.network_mode = "back";
  c.ip = "";
  c.networks = {{"aaa", "n3", "10.3.0.2", ""}, {"back", "n2", "10.2.0.2", ""}};
}
void in_host_network(Container& c) {
  c.network_mode = "host";
  c.ip = "";
  c.networks = {{"host", "n4", "", ""}};
  c.ports.clear();
}
void nothing(Container&) {}
INSTANTIATE_TEST_SUITE_P(
    Table, Addresses,
    testing::Values(AddressCase{"PublishedEverywhere", {}, nothing, "10.0.0.9", 1000},
                    AddressCase{"IpOptionWins", {.ip = "10.9.8.7"}, nothing, "10.9.8.7", 1000},
                    AddressCase{"PublishedOnOneAddress",
                                {},
                                [](Container& c) { c.ports[{80, "tcp"}] = {{"192.168.1.1", 1000}}; },
                                "192.168.1.1",
                                1000},
                    AddressCase{"IpOptionWinsOverThat",
                                {.ip = "10.9.8.7"},
                                [](Container& c) { c.ports[{80, "tcp"}] = {{"192.168.1.1", 1000}}; },
                                "10.9.8.7",
                                1000},
                    AddressCase{"Ipv6HasItsOwnPort", {.ip = "fd00::7"}, nothing, "fd00::7", 1001},
                    AddressCase{"UserNetworkIsPublishedOnTheHost", {}, in_user_network, "10.0.0.9", 1000},
                    AddressCase{"InternalInTheBridge", {.internal = true}, nothing, "172.17.0.2", 80},
                    AddressCase{
                        "InternalInAUserNetwork", {.internal = true}, in_user_network, "10.2.0.2", 80},
                    AddressCase{"InternalOfASwarmTaskThatIsPublished",
                                {.internal = true},
                                [](Container& c) {
                                  c.network_mode = "default";
                                  c.ip = "";
                                  c.networks = {{"ingress", "n1", "10.0.0.4", ""},
                                                {"proxy", "n5", "10.0.1.3", ""}};
                                },
                                "10.0.1.3",
                                80},
                    AddressCase{"InternalInAChosenNetwork",
                                {.internal = true, .network = "aaa"},
                                in_user_network,
                                "10.3.0.2",
                                80},
                    AddressCase{"InternalWithIpv6Only",
                                {.internal = true},
                                [](Container& c) {
                                  in_user_network(c);
                                  c.networks = {{"six", "n", "", "fd00::2"}};
                                },
                                "fd00::2",
                                80},
                    AddressCase{"HostNetwork", {}, in_host_network, "10.0.0.9", 80},
                    AddressCase{"HostNetworkWithIp", {.ip = "10.9.8.7"}, in_host_network, "10.9.8.7", 80},
                    AddressCase{"HostNetworkInternal", {.internal = true}, in_host_network, "10.0.0.9", 80},
                    AddressCase{"FromALabel",
                                {.use_ip_from_label = "ip"},
                                [](Container& c) { c.labels["ip"] = "10.4.0.4/24"; },
                                "10.4.0.4",
                                1000},
                    AddressCase{"FromALabelWinsOverIp",
                                {.ip = "10.9.8.7", .use_ip_from_label = "ip"},
                                [](Container& c) { c.labels["ip"] = "10.4.0.4"; },
                                "10.4.0.4",
                                1000},
                    AddressCase{"WithoutThatLabel", {.use_ip_from_label = "ip"}, nothing, "10.0.0.9", 1000}),
    [](const auto& test) { return test.param.name; });

TEST(DesiredEntries, WithoutAHostAddressTheReasonIsTold) {
  auto container = bare();
  with_port(container, "80/tcp", 1000);
  auto desired = desired_of({container, nullptr}, {}, {.hostname = "node-1", .ip = ""});
  EXPECT_THAT(desired.registrations, IsEmpty());
  EXPECT_THAT(desired.problems, ElementsAre(HasSubstr("c1 port 80: the host's address is not known")));
}

TEST(DesiredEntries, AContainerThatIsNotInTheChosenNetworkIsReported) {
  auto container = bare();
  with_port(container, "80/tcp", 1000);
  auto desired = desire(container, {.internal = true, .network = "back"});
  EXPECT_THAT(desired.registrations, IsEmpty());
  EXPECT_THAT(desired.problems, ElementsAre(HasSubstr("no address in the network back")));
}

TEST(DesiredEntries, ASharedNetworkIsThatOfTheOtherContainer) {
  auto app = bare();
  app.network_mode = "container:abc";
  app.ip = "";
  app.networks.clear();
  app.exposed = {{80, "tcp"}};
  auto pod = bare();
  pod.name = "pod";
  pod.ip = "172.17.0.8";
  auto inside = desired_of({app, &pod}, {}, host());
  ASSERT_THAT(inside.registrations, SizeIs(1));
  EXPECT_EQ(inside.registrations[0].instance.address, "172.17.0.8");
  EXPECT_EQ(inside.registrations[0].instance.port, 80);
  EXPECT_EQ(inside.registrations[0].instance.id, "node-1:c1:80");
  with_port(pod, "80/tcp", 4000);
  auto published = desired_of({app, &pod}, {}, host());
  ASSERT_THAT(published.registrations, SizeIs(1));
  EXPECT_EQ(published.registrations[0].instance.address, "10.0.0.9");
  EXPECT_EQ(published.registrations[0].instance.port, 4000);
}

TEST(DesiredEntries, HealthIsThatOfTheContainer) {
  auto container = bare();
  with_port(container, "80/tcp", 1000);
  using enum ContainerHealth;
  for (auto [health, want] : {std::pair{None, model::Health::Passing},
                              {Healthy, model::Health::Passing},
                              {Starting, model::Health::Critical},
                              {Unhealthy, model::Health::Critical}}) {
    container.health = health;
    EXPECT_EQ(only(container).health, want);
  }
  container.health = Healthy;
  container.paused = true;
  EXPECT_EQ(only(container).health, model::Health::Critical);
}

TEST(DesiredEntries, LifetimeIsTheOption) {
  auto container = bare();
  with_port(container, "80/tcp", 1000);
  auto desired = desire(container, {.ttl = 30s, .refresh = 10s});
  EXPECT_EQ(desired.registrations.at(0).lifetime, 30s);
}

TEST(DesiredEntries, ANameThatNoProxyCouldUseIsReported) {
  auto container = bare();
  container.env = {"SERVICE_NAME=bad name\n"};
  with_port(container, "80/tcp", 1000);
  auto desired = desire(container);
  EXPECT_THAT(desired.registrations, IsEmpty());
  EXPECT_THAT(desired.problems, ElementsAre(HasSubstr("serviceName")));
}

TEST(DesiredEntries, AttributesThatARegistryRefusesAreLeftOut) {
  auto container = bare();
  container.env = {"SERVICE_GOOD=1", "SERVICE_BAD.KEY=1", "SERVICE_LONG=" + std::string(600, 'x'),
                   "SERVICE_=1"};
  with_port(container, "80/tcp", 1000);
  auto desired = desire(container);
  ASSERT_THAT(desired.registrations, SizeIs(1));
  auto& meta = desired.registrations[0].instance.meta;
  EXPECT_EQ(meta.at("good"), "1");
  EXPECT_EQ(meta.size(), 3u);
  EXPECT_THAT(desired.problems, SizeIs(3));
}

TEST(DesiredEntries, ABrokenCheckIsReportedAndNotRegisteredWithoutIt) {
  auto container = bare();
  container.env = {"SERVICE_CHECK_HTTP=/", "SERVICE_CHECK_INTERVAL=often"};
  with_port(container, "80/tcp", 1000);
  auto desired = desire(container);
  EXPECT_THAT(desired.registrations, IsEmpty());
  EXPECT_THAT(desired.problems, ElementsAre(HasSubstr("SERVICE_CHECK_INTERVAL")));
}

TEST(ForeignEntries, HaveThreePartsAndThisHostsName) {
  auto entry = [](std::string id) {
    model::Instance instance;
    instance.id = std::move(id);
    return instance;
  };
  EXPECT_TRUE(is_foreign_entry_of(entry("host:ghost:80"), "host"));
  EXPECT_TRUE(is_foreign_entry_of(entry("host:ghost:80:udp"), "host"));
  for (auto other : {"other:ghost:80", "host:80", "host:ghost:http", "host::80", "host:ghost:80:tcp", "web"})
    EXPECT_FALSE(is_foreign_entry_of(entry(other), "host")) << other;
  auto own = entry("host:ghost:80");
  own.meta[std::string(kOwnerMeta)] = "host";
  EXPECT_FALSE(is_foreign_entry_of(own, "host"));
}

}  // namespace
}  // namespace dfp::docker::registrator
