#include "app/guarded_catalog.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "base/text.hpp"

namespace dfp::app {
namespace {

constexpr std::string_view kLocalhost = "localhost";

using Bytes = std::array<unsigned char, 16>;  ///< an IPv6 address, or an IPv4 one mapped into it

Bytes mapped(const in_addr& address) {
  Bytes bytes{};
  bytes[10] = bytes[11] = 0xFF;
  std::memcpy(bytes.data() + 12, &address, 4);
  return bytes;
}

std::optional<Bytes> bytes_of(const std::string& host) {
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return mapped(v4);
  Bytes bytes{};
  if (::inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), bytes.data()) != 1) return std::nullopt;
  return bytes;
}

bool is_loopback(const Bytes& address) {
  Bytes six{};
  six[15] = 1;
  auto four = mapped({});
  return address == six ||
         (std::equal(address.begin(), address.begin() + 12, four.begin()) && address[12] == 127);
}

/// 0.0.0.0 and :: reach this machine too.
bool is_any(const Bytes& address) { return address == Bytes{} || address == mapped({}); }

bool is_of_this_machine(const Bytes& address) {
  if (is_loopback(address) || is_any(address)) return true;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return false;
  bool found = false;
  for (auto* at = first; at && !found; at = at->ifa_next) {
    if (!at->ifa_addr) continue;
    if (at->ifa_addr->sa_family == AF_INET)
      found = address == mapped(reinterpret_cast<const sockaddr_in*>(at->ifa_addr)->sin_addr);
    if (at->ifa_addr->sa_family == AF_INET6)
      found = std::memcmp(address.data(), &reinterpret_cast<const sockaddr_in6*>(at->ifa_addr)->sin6_addr,
                          16) == 0;
  }
  ::freeifaddrs(first);
  return found;
}

Result<std::vector<model::Instance>> without_own(Result<std::vector<model::Instance>> instances,
                                                 const OwnApi& api) {
  if (!instances) return instances;
  for (const auto& instance : *instances)
    if (api.is(instance.address, instance.port))
      return fail(
          Errc::InvalidArgument,
          fmt::format(
              "instance {} ({}:{}) is this proxy's own API, which must not be published; deregister it",
              instance.id, instance.address, instance.port));
  return instances;
}

}  // namespace

OwnApi::OwnApi(net::ListenAddress listening, std::vector<std::string> names)
    : listening_(std::move(listening)), names_(std::move(names)) {}

bool OwnApi::is(const std::string& host, std::optional<std::uint16_t> port) const {
  if (listening_.port == 0 || port.value_or(listening_.port) != listening_.port) return false;
  auto listening = listening_.host.empty() ? std::optional(Bytes{}) : bytes_of(listening_.host);
  if (!listening) return false;
  bool everywhere = is_any(*listening);
  auto address = bytes_of(host);
  if (!address) {
    auto name = text::lower(host);
    if (name == kLocalhost) return everywhere || is_loopback(*listening);
    return std::ranges::find(names_, name) != names_.end();
  }
  return everywhere ? is_of_this_machine(*address)
                    : *address == *listening || (is_any(*address) && is_loopback(*listening));
}

Task<Result<std::vector<model::Instance>>> GuardedCatalog::instances(std::string service, Deadline deadline) {
  // Whoever wants to take an instance out must still find it.
  auto found = co_await catalog_.instances(std::move(service), deadline);
  co_return found;
}

Task<Result<std::vector<model::Instance>>> GuardedCatalog::instances_for(model::Definition definition,
                                                                         registry::Freshness freshness,
                                                                         Deadline deadline) {
  auto found = co_await catalog_.instances_for(std::move(definition), freshness, deadline);
  co_return without_own(std::move(found), api_);
}

Task<Result<std::vector<std::string>>> GuardedCatalog::services(Deadline deadline) {
  auto names = co_await catalog_.services(deadline);
  co_return names;
}

Task<Result<registry::HealthReport>> GuardedCatalog::health(std::uint64_t index, Deadline deadline) {
  auto report = co_await catalog_.health(index, deadline);
  co_return report;
}

Task<Result<registry::AddressReport>> GuardedCatalog::addresses(std::uint64_t index, Deadline deadline) {
  auto report = co_await catalog_.addresses(index, deadline);
  co_return report;
}

}  // namespace dfp::app
