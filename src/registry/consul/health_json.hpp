#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/instance.hpp"
#include "registry/catalog.hpp"

namespace dfp::registry::consul {

/// What one check says. Maintenance is a check with ID _node_maintenance or _service_maintenance:ID; a status
/// that is unknown counts as critical.
model::Health health_of(std::string_view check_id, std::string_view status);

/// The answer of /v1/health/service/NAME. Every field may be missing or null, as in the answers of old
/// agents. An entry that has no port or no address cannot be routed to and is left out. Sorted by (node, id).
/// Health: the worst of the checks (maintenance > critical > warning > passing); passing without checks.
/// @param body may be given more capacity.
/// @return Rejected for what is no such answer.
Result<std::vector<model::Instance>> parse_health_answer(std::string& body);

/// The answer of /v1/catalog/services: the names, sorted.
Result<std::vector<std::string>> parse_services_answer(std::string& body);

/// The answer of /v1/health/state/any: what is not passing, sorted; one finding for each bad check.
Result<std::vector<HealthReport::Finding>> parse_health_state(std::string& body);

/// The answer of /v1/agent/services: what is registered at one agent, sorted by id; without node and health.
Result<std::vector<model::Instance>> parse_agent_services(std::string& body);

/// The answer of /v1/agent/checks: the worst state by service id; "" is the node itself.
Result<std::map<std::string, model::Health>> parse_agent_checks(std::string& body);

}  // namespace dfp::registry::consul
