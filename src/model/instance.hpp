#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace dfp::model {

enum class Health { Passing, Warning, Critical, Maintenance };
std::string_view to_string(Health health) noexcept;
/// "passing", "warning", "critical", "maintenance".
Result<Health> parse_health(std::string_view text);

/// One running endpoint of a service, as a registry knows it. The key of an instance is (node, id).
struct Instance {
  std::string service;  ///< registered name, e.g. "go-demo-blue"
  std::string node;
  std::string id;
  std::string address;     ///< of the service, or the node's where the service has none; literal IP or name
  std::uint16_t port = 0;  ///< 1-65535
  std::vector<std::string> tags;  ///< sorted
  std::map<std::string, std::string> meta;
  Health health = Health::Passing;  ///< aggregate: maintenance > critical > warning > passing
  int weight = 1;                   ///< relative share of requests
  /// The parameter `port` by which it was found, where destinations of its service have several; 0: any.
  std::uint16_t requested_port = 0;

  auto operator<=>(const Instance&) const = default;
};

}  // namespace dfp::model
