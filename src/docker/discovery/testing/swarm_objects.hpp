#pragma once
#include <string>

#include "docker/engine_types.hpp"

/// For tests only: objects of a small swarm.
namespace dfp::docker::discovery {

inline SwarmService swarm_service(const std::string& name, std::uint64_t replicas, Labels labels = {}) {
  SwarmService service;
  service.id = "id-" + name;
  service.name = name;
  service.replicas = replicas;
  service.labels = std::move(labels);
  service.networks = {"net-front"};
  return service;
}

/// Task number `slot` of a service, running at 10.0.1.SLOT in the network "front".
inline SwarmTask swarm_task(const std::string& service, std::uint64_t slot, const std::string& node = "n1") {
  SwarmTask task;
  task.id = service + "-" + std::to_string(slot);
  task.service_id = "id-" + service;
  task.node_id = node;
  task.slot = slot;
  task.state = "running";
  task.desired_state = "running";
  task.addresses = {{"net-ingress", "ingress", "10.255.0." + std::to_string(slot)},
                    {"net-front", "front", "10.0.1." + std::to_string(slot)}};
  return task;
}

inline SwarmNode swarm_node(const std::string& id) {
  SwarmNode node;
  node.id = id;
  node.hostname = "host-" + id;
  node.address = "192.168.0." + id.substr(1);
  node.active = true;
  node.availability = "active";
  node.state = "ready";
  return node;
}

/// The container of a proxy that is attached to the network "front".
inline Container proxy_container() {
  Container own;
  own.id = "proxy";
  own.networks = {{"front", "net-front", "10.0.1.200", ""}, {"ingress", "net-ingress", "10.255.0.200", ""}};
  return own;
}

}  // namespace dfp::docker::discovery
