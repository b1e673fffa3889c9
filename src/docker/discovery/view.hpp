#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "docker/engine_types.hpp"

/// What an engine runs, in one form for Swarm services and for plain containers.
namespace dfp::docker::discovery {

struct Published {
  std::string address;
  std::uint16_t port = 0;
  bool operator==(const Published&) const = default;
};

/// One copy of a service: a task or a container.
struct Replica {
  std::string id;
  std::string node;                              ///< host name
  std::string node_id;                           ///< in the swarm; empty without one
  std::vector<TaskAddress> addresses;            ///< in its networks
  std::map<std::uint16_t, Published> published;  ///< its TCP ports that are published on its own node
  std::vector<std::string> env;                  ///< its SERVICE_* variables, "NAME=value"
  Labels labels;                                 ///< its SERVICE_* labels, or its Swarm service's
  std::string host_address;                      ///< where every port answers, in its network; or empty
  bool usable = false;  ///< meant to run, running, and healthy as far as Docker knows
  bool lost = false;    ///< it ran when the swarm lost its node, and may run on
};

struct ServiceView {
  std::string name;         ///< "shop_web"
  std::string stack;        ///< "shop", of a stack or a compose project; empty for none
  bool short_name = false;  ///< it is called by its name without the stack's
  Labels labels;
  bool global = false;       ///< one copy on each eligible node of the swarm
  std::uint64_t wanted = 0;  ///< copies
  bool updating = false;     ///< or rolled back
  std::vector<Replica> replicas;
  std::vector<VirtualIp> virtual_ips;
  std::set<std::uint16_t> ports;  ///< TCP ports inside of its containers, as far as they are told

  /// How `reconfigure` calls it: com.df.serviceName, else its name.
  std::string called() const;
  std::size_t usable() const;
};

/// The host of an engine whose containers are followed, as seen from here.
struct EngineHost {
  std::string name;
  /// Where ports answer that are published on every address; empty when it is not known.
  std::string address = "127.0.0.1";
  bool local = true;  ///< this very host: its bridges can be reached
};

/// Where the proxy itself is: which networks it can send into.
struct Vantage {
  bool in_container = false;
  std::set<std::string> networks;  ///< ids: of its container, or those of this host's bridges
};

struct View {
  bool swarm = false;
  std::vector<ServiceView> services;  ///< sorted by name
  std::vector<SwarmNode> nodes;       ///< of the swarm
  Vantage vantage;

  /// By its full name or by the one it is called by; a full name goes first. nullptr for none.
  const ServiceView* find(const std::string& name) const;
};

/// A swarm that changes its leader can lose nodes that are well, one after the other. So the lost copies of a
/// service are usable where it has no others.
/// @param own the container whose network this process uses; nullptr: it uses the host's
View view_of_swarm(const std::vector<SwarmService>& services, const std::vector<SwarmTask>& tasks,
                   std::vector<SwarmNode> nodes, const Container* own);

/// Containers that belong to one service (those of `docker compose run` do to none): the same compose project
/// and service, else the same com.df.serviceName, else the container alone under its name. One that shares
/// another's network (network mode "container:ID") is where that one is.
/// @param networks of the engine: their local ones can be reached from its host
View view_of_containers(std::vector<Container> containers, const std::vector<EngineNetwork>& networks,
                        const EngineHost& host, const Container* own);

}  // namespace dfp::docker::discovery
