#pragma once
#include <string>

#include "registry/consul/client.hpp"

/// Consul filters what a token may not read out of its lists without a word. An empty list is believed only
/// after one of these questions, to which it says no.
namespace dfp::registry::consul {

/// @return Rejected when the token may not read the service.
Task<Result<>> check_may_read_service(Client* client, std::string service, Deadline deadline);

/// @return Rejected when the token may not read the key that is called like the prefix.
Task<Result<>> check_may_read_keys(Client* client, std::string prefix, Deadline deadline);

}  // namespace dfp::registry::consul
