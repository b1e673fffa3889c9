#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "docker/engine_types.hpp"

/// JSON of the Docker Engine API to its types. Fields that are missing, null or of another type are taken as
/// absent, since engines of different age send different ones.
/// Each: Rejected for a text that is not JSON, or not the kind of object that is meant (it has no id).
namespace dfp::docker {

/// GET /containers/json: the ids, in the engine's order.
Result<std::vector<std::string>> decode_container_ids(std::string_view json);
/// GET /containers/ID/json
Result<Container> decode_container(std::string_view json);
/// GET /info
Result<EngineInfo> decode_info(std::string_view json);
/// GET /services
Result<std::vector<SwarmService>> decode_services(std::string_view json);
/// GET /tasks
Result<std::vector<SwarmTask>> decode_tasks(std::string_view json);
/// GET /nodes
Result<std::vector<SwarmNode>> decode_nodes(std::string_view json);
/// GET /networks
Result<std::vector<EngineNetwork>> decode_networks(std::string_view json);
/// One object of GET /events.
Result<Event> decode_event(std::string_view json);
/// The `message` of a failed request; the body itself where there is none.
std::string decode_message(std::string_view body);

/// "8080/tcp", "8080" (tcp). nullopt for anything else.
std::optional<PortKey> parse_port_key(std::string_view text);

}  // namespace dfp::docker
