#include "docker/engine_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/parse.hpp"
#include "base/text.hpp"
#include "docker/json_view.hpp"

namespace dfp::docker {
namespace json = boost::json;
namespace {

Result<json::value> parse(std::string_view text, std::string_view what) {
  boost::system::error_code error;
  auto value = json::parse(text, error);
  if (error) return fail(Errc::Rejected, fmt::format("docker: {} is not JSON: {}", what, error.message()));
  return value;
}

std::unexpected<Error> refuse(std::string_view what) {
  return fail(Errc::Rejected, fmt::format("docker: this is not a {} of the Engine API", what));
}

/// Decodes an array; `one` reads an object and gives false where it is none.
template <class T, class F>
Result<std::vector<T>> decode_list(std::string_view text, std::string_view what, F one) {
  auto value = parse(text, what);
  if (!value) return std::unexpected(value.error());
  if (!value->is_array()) return refuse(fmt::format("list ({})", what));
  std::vector<T> items;
  bool good = true;
  JsonView(&*value).each([&](JsonView item) { good = one(item, items.emplace_back()) && good; });
  if (!good) return refuse(what);
  return items;
}

Labels labels_of(JsonView view) {
  Labels labels;
  view.each_member([&](std::string_view key, JsonView value) { labels.emplace(key, value.text()); });
  return labels;
}

std::uint16_t port_of(std::uint64_t number) {
  return number <= 65535 ? static_cast<std::uint16_t>(number) : std::uint16_t{0};
}
std::uint16_t port_of(std::string_view text) {
  auto number = parse::number(text, 0, 65535);
  return number ? static_cast<std::uint16_t>(*number) : std::uint16_t{0};
}

/// "10.0.2.4/24" without the mask.
std::string without_mask(std::string address) { return address.substr(0, address.find('/')); }

/// "10.0.0.1:2377", "[fd00::1]:2377"
std::string without_port(std::string address) {
  auto host = address.substr(0, address.rfind(':'));
  return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

ContainerHealth health_of(const std::string& status) {
  if (status == "healthy") return ContainerHealth::Healthy;
  if (status == "unhealthy") return ContainerHealth::Unhealthy;
  if (status == "starting") return ContainerHealth::Starting;
  return ContainerHealth::None;
}

void read_ports(JsonView view, Container& container) {
  view.each_member([&](std::string_view key, JsonView bindings) {
    auto port = parse_port_key(key);
    if (!port) return;
    auto& live = container.ports[*port];
    bindings.each([&](JsonView binding) {
      live.push_back({binding["HostIp"].text(), port_of(binding["HostPort"].text())});
    });
  });
}

void read_networks(JsonView view, Container& container) {
  view.each_member([&](std::string_view name, JsonView network) {
    container.networks.push_back({.network = std::string(name),
                                  .network_id = network["NetworkID"].text(),
                                  .ip = network["IPAddress"].text(),
                                  .ipv6 = network["GlobalIPv6Address"].text()});
  });
  std::ranges::sort(container.networks, {}, &NetworkAddress::network);
}

void read_config(JsonView config, Container& container) {
  container.hostname = config["Hostname"].text();
  container.image = config["Image"].text();
  container.labels = labels_of(config["Labels"]);
  config["Env"].each([&](JsonView item) { container.env.push_back(item.text()); });
  config["ExposedPorts"].each_member([&](std::string_view key, JsonView) {
    if (auto port = parse_port_key(key)) container.exposed.push_back(*port);
  });
  std::ranges::sort(container.exposed);
}

ServicePort service_port(JsonView view) {
  auto protocol = view["Protocol"].text();
  return {.target = port_of(view["TargetPort"].number()),
          .published = port_of(view["PublishedPort"].number()),
          .protocol = protocol.empty() ? "tcp" : protocol,
          .host_mode = view["PublishMode"].text() == "host"};
}

bool read_service(JsonView view, SwarmService& service) {
  auto spec = view["Spec"];
  service.id = view["ID"].text();
  service.name = spec["Name"].text();
  service.version = view["Version"]["Index"].number();
  service.labels = labels_of(spec["Labels"]);
  service.image = spec["TaskTemplate"]["ContainerSpec"]["Image"].text();
  service.global = spec["Mode"]["Global"].is_object();
  service.replicas = spec["Mode"]["Replicated"]["Replicas"].number();
  service.dnsrr = spec["EndpointSpec"]["Mode"].text() == "dnsrr";
  auto attach = [&](JsonView network) { service.networks.push_back(network["Target"].text()); };
  spec["TaskTemplate"]["Networks"].each(attach);
  if (service.networks.empty()) spec["Networks"].each(attach);  // before API 1.25
  view["Endpoint"]["Ports"].each([&](JsonView port) { service.ports.push_back(service_port(port)); });
  view["Endpoint"]["VirtualIPs"].each([&](JsonView vip) {
    service.virtual_ips.push_back({vip["NetworkID"].text(), without_mask(vip["Addr"].text())});
  });
  service.update_state = view["UpdateStatus"]["State"].text();
  service.update_message = view["UpdateStatus"]["Message"].text();
  return !service.id.empty() && !service.name.empty();
}

bool read_task(JsonView view, SwarmTask& task) {
  task.id = view["ID"].text();
  task.service_id = view["ServiceID"].text();
  task.node_id = view["NodeID"].text();
  task.slot = view["Slot"].number();
  task.desired_state = view["DesiredState"].text();
  auto status = view["Status"];
  task.state = status["State"].text();
  task.error = status["Err"].text();
  task.container_id = status["ContainerStatus"]["ContainerID"].text();
  status["PortStatus"]["Ports"].each([&](JsonView port) {
    if (auto open = service_port(port); open.host_mode) task.host_ports.push_back(open);
  });
  view["NetworksAttachments"].each([&](JsonView attachment) {
    attachment["Addresses"].each([&](JsonView address) {
      task.addresses.push_back({attachment["Network"]["ID"].text(),
                                attachment["Network"]["Spec"]["Name"].text(), without_mask(address.text())});
    });
  });
  return !task.id.empty();
}

bool read_node(JsonView view, SwarmNode& node) {
  node.id = view["ID"].text();
  node.hostname = view["Description"]["Hostname"].text();
  node.address = view["Status"]["Addr"].text();
  if (node.address == "0.0.0.0") node.address = without_port(view["ManagerStatus"]["Addr"].text());
  node.state = view["Status"]["State"].text();
  node.lost = node.state == "down" || node.state == "disconnected";
  node.availability = view["Spec"]["Availability"].text();
  node.active = node.availability == "active";
  node.manager = view["Spec"]["Role"].text() == "manager";
  node.version = view["Version"]["Index"].number();
  node.labels = labels_of(view["Spec"]["Labels"]);
  node.labels.merge(labels_of(view["Description"]["Engine"]["Labels"]));
  return !node.id.empty();
}

bool read_network(JsonView view, EngineNetwork& network) {
  network = {.id = view["Id"].text(),
             .name = view["Name"].text(),
             .driver = view["Driver"].text(),
             .scope = view["Scope"].text()};
  return !network.id.empty();
}

}  // namespace

std::optional<PortKey> parse_port_key(std::string_view text) {
  auto slash = text.find('/');
  auto port = port_of(text.substr(0, slash));
  if (port == 0) return std::nullopt;
  if (slash == std::string_view::npos) return PortKey{port, "tcp"};
  auto protocol = text.substr(slash + 1);
  if (protocol.empty()) return std::nullopt;
  return PortKey{port, std::string(protocol)};
}

Result<std::vector<std::string>> decode_container_ids(std::string_view text) {
  return decode_list<std::string>(text, "container", [](JsonView view, std::string& id) {
    id = view["Id"].text();
    return !id.empty();
  });
}

/// "SIGQUIT", "QUIT" or "3"; SIGTERM where none is given. Numbers of Linux, as in the event of `docker kill`.
int read_signal(const std::string& text) {
  constexpr std::array<std::pair<std::string_view, int>, 8> kSignals = {{{"HUP", 1},
                                                                         {"INT", 2},
                                                                         {"QUIT", 3},
                                                                         {"KILL", 9},
                                                                         {"USR1", 10},
                                                                         {"USR2", 12},
                                                                         {"TERM", 15},
                                                                         {"WINCH", 28}}};
  if (text.empty()) return 15;
  if (auto number = parse::number(text, 1, 64)) return static_cast<int>(*number);
  auto name = std::string_view(text).substr(text.starts_with("SIG") ? 3 : 0);
  auto at = std::ranges::find(kSignals, name, &decltype(kSignals)::value_type::first);
  return at == kSignals.end() ? 0 : at->second;
}

Result<Container> decode_container(std::string_view text) {
  auto value = parse(text, "container");
  if (!value) return std::unexpected(value.error());
  JsonView view(&*value);
  Container container;
  container.id = view["Id"].text();
  if (container.id.empty()) return refuse("container");
  container.name = view["Name"].text();
  if (container.name.starts_with('/')) container.name.erase(0, 1);
  read_config(view["Config"], container);
  container.stop_signal = read_signal(view["Config"]["StopSignal"].text());
  container.network_mode = view["HostConfig"]["NetworkMode"].text();
  auto network = view["NetworkSettings"];
  container.ip = network["IPAddress"].text();
  read_ports(network["Ports"], container);
  read_networks(network["Networks"], container);
  auto state = view["State"];
  container.running = state["Running"].flag();
  container.paused = state["Paused"].flag();
  container.exit_code = static_cast<int>(state["ExitCode"].integer());
  container.health = health_of(state["Health"]["Status"].text());
  return container;
}

Result<EngineInfo> decode_info(std::string_view text) {
  auto value = parse(text, "info");
  if (!value) return std::unexpected(value.error());
  JsonView view(&*value);
  if (!view.is_object()) return refuse("info");
  auto swarm = view["Swarm"];
  return EngineInfo{.name = view["Name"].text(),
                    .version = view["ServerVersion"].text(),
                    .swarm = swarm["LocalNodeState"].text() == "active",
                    .manager = swarm["ControlAvailable"].flag(),
                    .node_id = swarm["NodeID"].text(),
                    .node_addr = swarm["NodeAddr"].text()};
}

Result<std::vector<SwarmService>> decode_services(std::string_view text) {
  return decode_list<SwarmService>(text, "service", read_service);
}
Result<std::vector<SwarmTask>> decode_tasks(std::string_view text) {
  return decode_list<SwarmTask>(text, "task", read_task);
}
Result<std::vector<SwarmNode>> decode_nodes(std::string_view text) {
  return decode_list<SwarmNode>(text, "node", read_node);
}
Result<std::vector<EngineNetwork>> decode_networks(std::string_view text) {
  return decode_list<EngineNetwork>(text, "network", read_network);
}

Result<Event> decode_event(std::string_view text) {
  auto value = parse(text, "event");
  if (!value) return std::unexpected(value.error());
  JsonView view(&*value);
  Event event{.type = view["Type"].text(),
              .action = view["Action"].text(),
              .id = view["Actor"]["ID"].text(),
              .attributes = labels_of(view["Actor"]["Attributes"]),
              .time = std::chrono::nanoseconds(view["timeNano"].integer())};
  if (event.type.empty() || event.action.empty()) return refuse("event");
  return event;
}

std::string decode_message(std::string_view body) {
  boost::system::error_code error;
  auto value = json::parse(body, error);
  auto message = error ? std::string() : JsonView(&value)["message"].text();
  if (!message.empty()) return message;
  return std::string(text::trim(body.substr(0, 300)));
}

}  // namespace dfp::docker
