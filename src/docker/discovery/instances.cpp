#include "docker/discovery/instances.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "docker/registrator/metadata.hpp"
#include "model/health_check.hpp"

namespace dfp::docker::discovery {
namespace {

constexpr std::string_view kVirtual = "-vip";  ///< end of the id

std::unexpected<Error> refuse(std::string what) { return fail(Errc::InvalidArgument, std::move(what)); }

Result<std::uint16_t> port_of(const ServiceView& service, std::uint16_t wanted) {
  if (wanted != 0) return wanted;
  if (service.ports.size() == 1) return *service.ports.begin();
  if (service.ports.empty())
    return refuse(
        fmt::format("port: service {} exposes no port; set port or the label com.df.port", service.name));
  return refuse(fmt::format("port: service {} has several ({}); give one", service.name,
                            fmt::join(service.ports, ", ")));
}

/// Finds the way to the copies of one service.
class Way {
 public:
  Way(const View& view, std::string network, std::uint16_t port)
      : view_(view), network_(std::move(network)), port_(port) {}

  /// nullopt when there is none.
  std::optional<Published> to(const Replica& replica) const {
    for (const auto& address : replica.addresses)
      if (fits(address)) return Published{address.ip, port_};
    if (!network_.empty()) return std::nullopt;
    if (!replica.host_address.empty()) return Published{replica.host_address, port_};
    auto published = replica.published.find(port_);
    if (published == replica.published.end()) return std::nullopt;
    return published->second;
  }

  /// The network's name is known from the copies.
  bool fits(const VirtualIp& vip, const ServiceView& service) const {
    if (network_.empty()) return view_.vantage.networks.contains(vip.network_id);
    auto same = [&](const TaskAddress& address) {
      return address.network_id == vip.network_id && fits(address);
    };
    return std::ranges::any_of(service.replicas, [&](const Replica& replica) {
      return std::ranges::any_of(replica.addresses, same);
    });
  }

 private:
  bool fits(const TaskAddress& address) const {
    if (!network_.empty()) return address.network == network_ || address.network_id == network_;
    return view_.vantage.networks.contains(address.network_id);
  }

  const View& view_;
  std::string network_;
  std::uint16_t port_;
};

std::string networks_of(const ServiceView& service) {
  std::set<std::string> names;
  for (const auto& replica : service.replicas)
    for (const auto& address : replica.addresses) names.insert(address.network);
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

std::unexpected<Error> unreachable(const View& view, const ServiceView& service, const std::string& network,
                                   std::uint16_t port) {
  if (!network.empty())
    return refuse(fmt::format("network: service {} is not in the network {}; it is in: {}", service.name,
                              network, networks_of(service)));
  auto why =
      view.vantage.in_container
          ? fmt::format("no network of service {} ({}) is one of the proxy's", service.name,
                        networks_of(service))
          : fmt::format(
                "the proxy is not in a container's network, so it cannot reach the networks of service {} "
                "({})",
                service.name, networks_of(service));
  return refuse(fmt::format("network: {}, and port {} is not published on its nodes (mode=host)", why, port));
}

model::Instance instance_at(const Published& place, const std::string& registered_name) {
  model::Instance instance;
  instance.service = registered_name;
  instance.address = place.address;
  instance.port = place.port;
  return instance;
}

/// What SERVICE_CHECK_HTTP and its like say about the port.
void add_check(const Replica& replica, model::Instance& instance, std::uint16_t port) {
  registrator::Metadata metadata(replica.env, replica.labels, port);
  for (auto key :
       {model::kMetaCheckHttp, model::kMetaCheckMethod, model::kMetaCheckInterval, model::kMetaCheckTimeout})
    if (auto value = metadata.get(key); !value.empty()) instance.meta.emplace(key, std::move(value));
}

Result<std::vector<model::Instance>> virtual_ip_of(const ServiceView& service, const Way& way,
                                                   std::uint16_t port, const std::string& registered_name) {
  if (service.virtual_ips.empty())
    return refuse(fmt::format(
        "discoveryType: service {} has no virtual IP (endpoint mode dnsrr, or no network)", service.name));
  if (service.usable() == 0) return std::vector<model::Instance>{};
  auto vip =
      std::ranges::find_if(service.virtual_ips, [&](const VirtualIp& v) { return way.fits(v, service); });
  if (vip == service.virtual_ips.end())
    return refuse(
        fmt::format("network: the virtual IP of service {} is in no network of the proxy", service.name));
  auto instance = instance_at({vip->ip, port}, registered_name);
  instance.id = service.name + std::string(kVirtual);
  instance.node = "swarm";
  instance.meta[std::string(kOriginMeta)] = "swarm";
  return std::vector<model::Instance>{instance};
}

/// @param wanted_port 0: the only one that the service exposes
Result<std::vector<model::Instance>> instances_at_port(const View& view, const ServiceView& service,
                                                       const model::Definition& definition,
                                                       std::uint16_t wanted_port,
                                                       const std::string& preferred_network) {
  auto port = port_of(service, wanted_port);
  if (!port) return std::unexpected(port.error());
  const auto& network = definition.network.empty() ? preferred_network : definition.network;
  Way way(view, network, *port);
  auto name = definition.registered_name();
  if (definition.discovery_type == "overlay") return virtual_ip_of(service, way, *port, name);

  std::vector<model::Instance> instances;
  for (const auto& replica : service.replicas) {
    auto place = replica.usable ? way.to(replica) : std::nullopt;
    if (!place) continue;
    auto instance = instance_at(*place, name);
    instance.id = replica.id;
    instance.node = replica.node;
    instance.meta[std::string(kOriginMeta)] = view.swarm ? "swarm" : "container";
    add_check(replica, instance, *port);
    instances.push_back(std::move(instance));
  }
  if (instances.empty() && service.usable() > 0) return unreachable(view, service, network, *port);
  return instances;
}

}  // namespace

bool is_virtual(const model::Instance& instance) { return instance.id.ends_with(kVirtual); }

Result<std::vector<model::Instance>> instances_of(const View& view, const ServiceView& service,
                                                  const model::Definition& definition,
                                                  const std::string& preferred_network) {
  std::set<std::uint16_t> ports;
  for (const auto& [index, destination] : definition.destinations()) ports.insert(destination->port);
  std::vector<model::Instance> instances;
  for (auto port : ports) {
    auto some = instances_at_port(view, service, definition, port, preferred_network);
    if (!some) return some;
    for (auto& instance : *some) {
      if (ports.size() > 1) instance.requested_port = port;
      instances.push_back(std::move(instance));
    }
  }
  std::ranges::sort(instances, {}, [](const auto& i) { return std::tie(i.node, i.id, i.requested_port); });
  return instances;
}

}  // namespace dfp::docker::discovery
