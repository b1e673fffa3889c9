#pragma once
#include <optional>

#include "base/result.hpp"
#include "docker/registrator/metadata.hpp"
#include "registry/registration.hpp"

namespace dfp::docker::registrator {

/// Where a check goes to.
struct CheckedPlace {
  std::string address = {};
  std::uint16_t port = 0;
  std::string container = {};  ///< id
};

/// The check that the SERVICE_CHECK_* of a port ask for; nullopt for none. The first of http, https, cmd,
/// script, ttl, tcp, grpc counts. Source: Registrator, "Consul backend".
/// @return InvalidArgument for a duration or status that cannot be read, naming the variable.
Result<std::optional<registry::Check>> read_check(const Metadata& metadata, const CheckedPlace& place);

}  // namespace dfp::docker::registrator
