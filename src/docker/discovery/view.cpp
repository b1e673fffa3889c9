#include "docker/discovery/view.hpp"

#include <algorithm>
#include <iterator>

#include "docker/discovery/labels.hpp"

namespace dfp::docker::discovery {
namespace {

constexpr auto kShortName = "com.df.shortName";
constexpr auto kServiceName = "com.df.serviceName";

Vantage vantage_of(const Container* own) {
  Vantage vantage;
  if (!own) return vantage;
  vantage.in_container = true;
  for (const auto& network : own->networks)
    if (!network.network_id.empty()) vantage.networks.insert(network.network_id);
  return vantage;
}

bool is_service_variable(const std::string& name) { return name.starts_with("SERVICE_"); }

Labels service_labels(const Labels& labels) {
  Labels kept;
  for (const auto& [name, value] : labels)
    if (is_service_variable(name)) kept.emplace(name, value);
  return kept;
}

void sort(View& view) { std::ranges::sort(view.services, {}, &ServiceView::name); }

// --------------------------------------------------------------------------------------------------- Swarm

bool is_ingress(const TaskAddress& address) { return address.network == "ingress"; }

Replica replica_of(const SwarmTask& task, const std::map<std::string, const SwarmNode*>& nodes) {
  auto found = nodes.find(task.node_id);
  auto* node = found == nodes.end() ? nullptr : found->second;
  Replica replica;
  replica.id = task.id;
  replica.node_id = task.node_id;
  replica.node = node ? node->hostname : task.node_id;
  replica.addresses = task.addresses;
  std::erase_if(replica.addresses, is_ingress);
  for (const auto& port : task.host_ports)
    if (node && port.protocol == "tcp") replica.published[port.target] = {node->address, port.published};
  bool removed = task.desired_state == "remove";
  bool node_lost = node && node->lost;
  replica.lost = node_lost && task.state == "running" && !removed;
  replica.usable = !node_lost && task.state == "running" && task.desired_state == "running";
  return replica;
}

/// Where all are lost, what was known last is the best there is.
void fall_back(ServiceView& service) {
  if (service.wanted == 0 || service.usable() > 0) return;
  for (auto& replica : service.replicas) replica.usable = replica.lost;
}

ServiceView view_of(const SwarmService& service) {
  ServiceView view;
  view.name = service.name;
  view.stack = label_of(service.labels, "com.docker.stack.namespace");
  view.short_name = label_is_true(service.labels, kShortName);
  view.labels = service.labels;
  view.global = service.global;
  view.wanted = service.replicas;
  view.updating = service.update_state == "updating" || service.update_state == "rollback_started";
  view.virtual_ips = service.virtual_ips;
  for (const auto& port : service.ports)
    if (port.protocol == "tcp") view.ports.insert(port.target);
  return view;
}

// ---------------------------------------------------------------------------------------------- containers

/// As a stack would call it: "project_service".
ServiceView identity_of(const Container& container) {
  ServiceView view;
  view.labels = container.labels;
  view.stack = label_of(container.labels, "com.docker.compose.project");
  auto service = label_of(container.labels, "com.docker.compose.service");
  auto given = label_of(container.labels, kServiceName);
  view.short_name = label_is_true(container.labels, kShortName);
  if (!view.stack.empty() && !service.empty())
    view.name = view.stack + "_" + service;
  else
    view.name = given.empty() ? container.name : given;
  return view;
}

bool is_loopback(std::string_view ip) { return ip.starts_with("127.") || ip == "::1"; }

/// Nothing where a port is published for its own host only, and that is another one.
std::string reachable_address(const HostBinding& binding, const EngineHost& host) {
  bool everywhere = binding.ip.empty() || binding.ip == "0.0.0.0" || binding.ip == "::";
  if (everywhere) return host.address;
  return host.local || !is_loopback(binding.ip) ? binding.ip : std::string();
}

Replica replica_of(const Container& container, const EngineHost& host) {
  Replica replica;
  replica.id = container.id.substr(0, 12);
  replica.node = host.name;
  for (const auto& network : container.networks) {
    auto ip = network.ip.empty() ? network.ipv6 : network.ip;
    if (!ip.empty()) replica.addresses.push_back({network.network_id, network.network, ip});
  }
  for (const auto& [port, bindings] : container.ports) {
    if (port.protocol != "tcp" || bindings.empty()) continue;
    auto address = reachable_address(bindings[0], host);
    if (!address.empty()) replica.published[port.port] = {address, bindings[0].port};
  }
  std::ranges::copy_if(container.env, std::back_inserter(replica.env), is_service_variable);
  replica.labels = service_labels(container.labels);
  if (container.network_mode == "host") replica.host_address = host.address;
  bool well = container.health == ContainerHealth::None || container.health == ContainerHealth::Healthy;
  replica.usable = container.running && !container.paused && well;
  return replica;
}

/// `docker compose run web sh` bears the labels of the service web.
bool is_one_command(const Container& container) {
  return label_of(container.labels, "com.docker.compose.oneoff") == "True";
}

/// For a proxy in a container: the host's loopback address is not its own.
void leave_host(Replica& replica) {
  replica.published.clear();
  replica.host_address.clear();
}

/// What shares the network of another one has that one's addresses and published ports.
void join_networks(std::vector<Container>& containers) {
  constexpr std::string_view kJoined = "container:";
  for (auto& container : containers) {
    if (!container.network_mode.starts_with(kJoined)) continue;
    auto wanted = container.network_mode.substr(kJoined.size());
    auto owner = std::ranges::find_if(
        containers, [&](const Container& other) { return other.id == wanted || other.name == wanted; });
    if (owner == containers.end()) continue;
    container.networks = owner->networks;
    container.ports = owner->ports;
    container.network_mode = owner->network_mode;
  }
}

void add_container(ServiceView& view, const Container& container, const EngineHost& host) {
  for (const auto& port : container.exposed)
    if (port.protocol == "tcp") view.ports.insert(port.port);
  view.replicas.push_back(replica_of(container, host));
  ++view.wanted;
}

}  // namespace

std::string ServiceView::called() const {
  auto given = label_of(labels, kServiceName);
  if (!given.empty()) return given;
  bool cut = short_name && !stack.empty() && name.starts_with(stack + "_");
  return cut ? name.substr(stack.size() + 1) : name;
}

std::size_t ServiceView::usable() const {
  return static_cast<std::size_t>(std::ranges::count_if(replicas, &Replica::usable));
}

const ServiceView* View::find(const std::string& wanted) const {
  auto full = std::ranges::find(services, wanted, &ServiceView::name);
  if (full != services.end()) return &*full;
  auto called = std::ranges::find(services, wanted, &ServiceView::called);
  return called == services.end() ? nullptr : &*called;
}

View view_of_swarm(const std::vector<SwarmService>& services, const std::vector<SwarmTask>& tasks,
                   std::vector<SwarmNode> nodes, const Container* own) {
  std::map<std::string, const SwarmNode*> nodes_by_id;
  for (const auto& node : nodes) nodes_by_id.emplace(node.id, &node);
  std::map<std::string, ServiceView> by_id;
  for (const auto& service : services) by_id.emplace(service.id, view_of(service));
  for (const auto& task : tasks) {
    auto service = by_id.find(task.service_id);
    if (service == by_id.end()) continue;
    service->second.replicas.push_back(replica_of(task, nodes_by_id));
    service->second.replicas.back().labels = service_labels(service->second.labels);
    if (service->second.global) ++service->second.wanted;  // one task for each eligible node
  }
  View view;
  view.swarm = true;
  for (auto& [id, service] : by_id) {
    fall_back(service);
    view.services.push_back(std::move(service));
  }
  sort(view);
  view.vantage = vantage_of(own);
  view.nodes = std::move(nodes);
  return view;
}

View view_of_containers(std::vector<Container> containers, const std::vector<EngineNetwork>& networks,
                        const EngineHost& host, const Container* own) {
  join_networks(containers);
  std::map<std::string, ServiceView> by_name;
  for (const auto& container : containers) {
    if (is_one_command(container)) continue;
    auto identity = identity_of(container);
    auto [at, added] = by_name.try_emplace(identity.name, identity);
    add_container(at->second, container, host);
    if (own) leave_host(at->second.replicas.back());
  }
  View view;
  for (auto& [name, service] : by_name) view.services.push_back(std::move(service));
  view.vantage = vantage_of(own);
  if (!view.vantage.in_container && host.local)
    for (const auto& network : networks)
      if (network.driver == "bridge" && network.scope == "local") view.vantage.networks.insert(network.id);
  return view;
}

}  // namespace dfp::docker::discovery
