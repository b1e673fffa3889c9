#pragma once
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "haproxy/config/template/sections.hpp"

namespace dfp::haproxy::config {

/// An address and one of the ports of a bind line.
struct BindAddress {
  std::string address;  ///< "*" (all IPv4), an IPv4 address, or an IPv6 address without brackets
  std::uint16_t port = 0;
  bool udp = false;  ///< QUIC

  auto operator<=>(const BindAddress&) const = default;
};

/// An address as the kernel writes it: "*" for all IPv4 addresses, else without leading zeros and brackets.
std::string canonical_address(const std::string& address);

/// Ports that one bind line may name. Each is a socket of every worker, is looked at before every reload, and
/// is handed from worker to worker in a reload: a line with thousands of them made a reload take minutes.
inline constexpr std::size_t kMaxBindPorts = 128;

/// What a bind line binds: "bind 10.0.0.1:80,:8080-8090 ssl". Never empty.
/// @return InvalidArgument with the line when an address has no port or is a host name, or there are more
/// than kMaxBindPorts.
/// Source: configuration manual 2.6, section 4.2, "bind", and chapter 11, "Address formats".
Result<std::vector<BindAddress>> addresses_of(const Line& line);

/// The ports of the same.
Result<std::set<std::uint16_t>> ports_of(const Line& line);

}  // namespace dfp::haproxy::config
