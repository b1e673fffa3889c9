#include "docker/registrator/address.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dfp::docker::registrator {
namespace {

constexpr std::string_view kNoHostAddress =
    "the host's address is not known (give it with --ip): this process does not run in the host's network";

bool is_ipv6(std::string_view address) { return address.contains(':'); }
bool is_every_address(std::string_view address) {
  return address.empty() || address == "0.0.0.0" || address == "::";
}

/// Ports published by the container, or by the one whose network it shares.
const std::vector<HostBinding>* bindings_of(const Subject& subject, PortKey port) {
  for (auto* container : {&subject.container, subject.joined}) {
    if (!container) continue;
    auto at = container->ports.find(port);
    if (at != container->ports.end() && !at->second.empty()) return &at->second;
  }
  return nullptr;
}

/// Docker lists a port once for IPv4 and once for IPv6, perhaps with different numbers.
const HostBinding& choose_binding(const std::vector<HostBinding>& bindings, std::string_view address) {
  auto same_family = [&](const HostBinding& binding) { return is_ipv6(binding.ip) == is_ipv6(address); };
  auto at = address.empty() ? bindings.end() : std::ranges::find_if(bindings, same_family);
  return at == bindings.end() ? bindings.front() : *at;
}

const std::string& host_ip(const Options& options, const HostFacts& host) {
  return options.ip.empty() ? host.ip : options.ip;
}

Result<Place> host_place(const std::string& ip, std::uint16_t port) {
  if (ip.empty()) return fail(Errc::InvalidArgument, std::string(kNoHostAddress));
  return Place{ip, port};
}

Result<Place> published_place(const Subject& subject, PortKey port, const Options& options,
                              const HostFacts& host) {
  auto* bindings = bindings_of(subject, port);
  if (!bindings) return host_place(host_ip(options, host), port.port);  // the host's network
  const auto& wanted = host_ip(options, host);
  const auto& binding = choose_binding(*bindings, wanted);
  if (options.ip.empty() && !is_every_address(binding.ip)) return Place{binding.ip, binding.port};
  return host_place(wanted, binding.port);
}

std::string ip_in(const Container& container, std::string_view network) {
  auto at = std::ranges::find(container.networks, network, &NetworkAddress::network);
  if (at == container.networks.end()) return {};
  return at->ip.empty() ? at->ipv6 : at->ip;
}

/// The network of a swarm's routing mesh: only other tasks that are published in it can send there.
bool is_ingress(const NetworkAddress& network) { return network.network == "ingress"; }

std::string own_ip(const Container& container, const Options& options) {
  if (!options.network.empty()) return ip_in(container, options.network);
  if (!container.ip.empty()) return container.ip;
  if (auto ip = ip_in(container, container.network_mode); !ip.empty()) return ip;
  for (const auto& network : container.networks)
    if (auto ip = ip_in(container, network.network); !ip.empty() && !is_ingress(network)) return ip;
  return {};
}

Result<Place> internal_place(const Container& container, PortKey port, const Options& options,
                             const HostFacts& host) {
  if (container.network_mode == "host") return host_place(host_ip(options, host), port.port);
  auto ip = own_ip(container, options);
  if (!ip.empty()) return Place{ip, port.port};
  if (!options.network.empty())
    return fail(Errc::InvalidArgument,
                fmt::format("the container has no address in the network {}", options.network));
  return fail(Errc::InvalidArgument, "the container has no address of its own");
}

std::string ip_from_label(const Container& container, const Options& options) {
  if (options.use_ip_from_label.empty()) return {};
  auto at = container.labels.find(options.use_ip_from_label);
  return at == container.labels.end() ? std::string() : at->second.substr(0, at->second.find('/'));
}

}  // namespace

bool is_eligible(const Subject& subject, PortKey port, const Options& options) {
  if (options.internal || bindings_of(subject, port)) return true;
  return subject.container.network_mode == "host" || subject.joined;
}

Result<Place> place_of(const Subject& subject, PortKey port, const Options& options, const HostFacts& host) {
  bool published = bindings_of(subject, port) != nullptr;
  bool inside = options.internal || (subject.joined && !published && subject.joined->network_mode != "host");
  auto& owner = subject.joined ? *subject.joined : subject.container;
  auto place =
      inside ? internal_place(owner, port, options, host) : published_place(subject, port, options, host);
  auto labelled = ip_from_label(subject.container, options);
  if (labelled.empty()) return place;
  auto number = place ? place->port : port.port;
  return Place{labelled, number};
}

}  // namespace dfp::docker::registrator
