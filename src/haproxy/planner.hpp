#pragma once
#include <string>

#include "haproxy/bindings.hpp"
#include "haproxy/world.hpp"

namespace dfp::haproxy {

/// What the running HAProxy can do without a reload.
struct Abilities {
  config::Lookups lookups;   ///< of the frontend
  const Bindings& bindings;  ///< backends that are free for new services and colours
};

/// The steps from the present world to one with `change` on top, each with the way it is applied. Pure.
model::Plan plan_change(const World& world, const model::Change& change, const config::Addresses& addresses,
                        const Abilities& abilities);

/// A route as people write it: "my-domain.com/demo", "*/demo" without a host, "/x (path_end)" for a pattern.
std::string shown(const model::Route& route);

}  // namespace dfp::haproxy
