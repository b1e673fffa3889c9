#pragma once
#include <algorithm>

#include "haproxy/config/route_key.hpp"

namespace dfp::haproxy::config {

/// The letter in flags.map that says that routes below /.well-known exist.
inline constexpr char kWellKnownFlag = 'w';

/// What a frontend can look up besides hosts and paths. More of it needs a new base text, so a reload; what
/// is there and not used costs a request one test of a variable each.
struct Lookups {
  unsigned wildcard_depth = 0;  ///< wildcards with so many labels after "*."
  bool well_known = false;      ///< routes below /.well-known before all others

  bool operator==(const Lookups&) const = default;
  bool cover(const model::Route& route) const {
    return config::wildcard_depth(route.host) <= wildcard_depth &&
           (well_known || !model::is_well_known(route));
  }
  Lookups joined(const Lookups& other) const {
    return {std::max(wildcard_depth, other.wildcard_depth), well_known || other.well_known};
  }
};

}  // namespace dfp::haproxy::config
