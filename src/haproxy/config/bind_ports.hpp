#pragma once
#include <cstdint>
#include <set>

#include "base/result.hpp"
#include "haproxy/config/sections.hpp"

namespace dfp::haproxy::config {

/// The ports of a bind line: "bind 10.0.0.1:80,:8080-8090 ssl". Never empty.
/// @return InvalidArgument with the line when an address has no port.
/// Source: configuration manual 2.6, section 4.2, "bind".
Result<std::set<std::uint16_t>> ports_of(const Line& line);

}  // namespace dfp::haproxy::config
