#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "registry/template_source.hpp"

/// Consul's answers about services and nodes with everything that they say: what templates see. Every field
/// may be missing or null. @return Rejected for what is no such answer. Bodies may be given more capacity.
namespace dfp::registry::consul {

/// /v1/health/service/NAME and /v1/health/connect/NAME, in Consul's order.
Result<std::vector<HealthRecord>> parse_health_records(std::string& body);
/// /v1/catalog/services, in Consul's order.
Result<std::vector<ServiceTags>> parse_service_tags(std::string& body);
/// /v1/catalog/nodes, in Consul's order.
Result<std::vector<NodeRecord>> parse_nodes(std::string& body);
/// /v1/catalog/node/NAME; "null" is a node that does not exist.
Result<std::optional<NodeServices>> parse_node_services(std::string& body);
/// /v1/catalog/datacenters, in Consul's order.
Result<std::vector<std::string>> parse_datacenters(std::string& body);
/// /v1/agent/self: the name of the agent's node.
Result<std::string> parse_agent_node(std::string& body);

}  // namespace dfp::registry::consul
