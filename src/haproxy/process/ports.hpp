#pragma once
#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace dfp::haproxy::process {

/// Whether nobody listens on this address. HAProxy itself would not notice: it binds with SO_REUSEPORT, and
/// two HAProxy processes then share the connections in silence.
/// @param address "*" or a literal IP address
/// @return Conflict when the port is taken; InvalidArgument when the user may not use it; Unavailable
/// otherwise.
Result<> check_port_free(const std::string& address, std::uint16_t port);

}  // namespace dfp::haproxy::process
