#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What is used of the Docker Engine API's objects, with its words where they are the same thing
/// (Docker Engine API v1.41).
namespace dfp::docker {

using Labels = std::map<std::string, std::string>;

/// A port inside a container: "8080/tcp".
struct PortKey {
  std::uint16_t port = 0;
  std::string protocol = "tcp";  ///< tcp, udp, sctp
  auto operator<=>(const PortKey&) const = default;
};

/// Where a container's port is published on its host.
struct HostBinding {
  std::string ip;  ///< "0.0.0.0" or "::" for every address; may be empty
  std::uint16_t port = 0;
  bool operator==(const HostBinding&) const = default;
};

/// A container's place in a network.
struct NetworkAddress {
  std::string network;     ///< name
  std::string network_id;  ///< empty for a network that is not up
  std::string ip;          ///< empty in host mode
  std::string ipv6;
  bool operator==(const NetworkAddress&) const = default;
};

/// Docker's opinion of a container that has a HEALTHCHECK.
enum class ContainerHealth { None, Starting, Healthy, Unhealthy };

struct Container {
  std::string id;    ///< 64 hexadecimal digits
  std::string name;  ///< without the leading '/'
  std::string hostname;
  std::string image;             ///< as it was asked for: "go-demo:1.0"
  std::vector<std::string> env;  ///< "NAME=value"
  Labels labels;
  std::vector<PortKey> exposed;                       ///< of the image and of `--expose`
  std::map<PortKey, std::vector<HostBinding>> ports;  ///< live; without a binding where not published
  std::string network_mode;  ///< "default", "bridge", "host", "none", "container:ID", or a network's name
  std::string ip;            ///< in the default bridge; empty elsewhere
  std::vector<NetworkAddress> networks;  ///< sorted by name
  bool running = false;
  bool paused = false;
  int exit_code = 0;     ///< of a container that has ended
  int stop_signal = 15;  ///< what `docker stop` sends; 0 when its name is not known here
  ContainerHealth health = ContainerHealth::None;

  bool operator==(const Container&) const = default;
};

/// Of the engine itself (GET /info).
struct EngineInfo {
  std::string name;  ///< the host's name
  std::string version;
  bool swarm = false;     ///< part of a swarm
  bool manager = false;   ///< may be asked about services
  std::string node_id;    ///< in the swarm
  std::string node_addr;  ///< the address that other nodes use
};

/// A port of a Swarm service.
struct ServicePort {
  std::uint16_t target = 0;
  std::uint16_t published = 0;
  std::string protocol = "tcp";
  bool host_mode = false;  ///< published on the task's node only, not by the routing mesh
  bool operator==(const ServicePort&) const = default;
};

struct VirtualIp {
  std::string network_id;
  std::string ip;
  bool operator==(const VirtualIp&) const = default;
};

struct SwarmService {
  std::string id;
  std::string name;
  std::uint64_t version = 0;  ///< grows with every change
  Labels labels;              ///< of the service, not of its containers
  std::string image;
  bool global = false;
  std::uint64_t replicas = 0;         ///< wanted, of a replicated service
  std::vector<std::string> networks;  ///< ids
  bool dnsrr = false;                 ///< without a virtual IP
  std::vector<ServicePort> ports;
  std::vector<VirtualIp> virtual_ips;
  std::string update_state;  ///< "", "updating", "paused", "completed", "rollback_started", …
  std::string update_message;

  bool operator==(const SwarmService&) const = default;
};

/// One address of a task in a network.
struct TaskAddress {
  std::string network_id;
  std::string network;
  std::string ip;
  bool operator==(const TaskAddress&) const = default;
};

struct SwarmTask {
  std::string id;
  std::string service_id;
  std::string node_id;
  std::uint64_t slot = 0;     ///< 0 for a global service
  std::string state;          ///< "new" … "running" … "orphaned"
  std::string desired_state;  ///< "running", "shutdown", …
  std::string error;
  std::string container_id;
  std::vector<TaskAddress> addresses;
  std::vector<ServicePort> host_ports;  ///< really published on the node

  bool operator==(const SwarmTask&) const = default;
};

struct SwarmNode {
  std::string id;
  std::string hostname;
  std::string address;
  /// The swarm has lost it ("down", "disconnected"). After a change of the leader every node is "unknown"
  /// until it has reported itself: that says nothing about it.
  bool lost = false;
  bool active = false;  ///< availability "active"; else paused or drained
  bool manager = false;
  std::string availability;
  std::string state;
  std::uint64_t version = 0;
  Labels labels;  ///< of the node; and those of its engine that it does not have itself

  bool operator==(const SwarmNode&) const = default;
};

struct EngineNetwork {
  std::string id;
  std::string name;
  std::string driver;
  std::string scope;  ///< "local", "swarm"
};

struct Event {
  std::string type;                  ///< "container", "service", "node", "network"
  std::string action;                ///< "start", "die", "health_status: healthy", "update"
  std::string id;                    ///< of the actor
  Labels attributes;                 ///< "name", "exitCode", "updatestate.new", and the actor's labels
  std::chrono::nanoseconds time{0};  ///< since 1970, by the engine's clock
};

}  // namespace dfp::docker
