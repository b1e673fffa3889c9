#pragma once
#include <string>

#include "haproxy/state/applied_state.hpp"
#include "haproxy/state/backend_pool.hpp"

namespace dfp::haproxy {

/// What the running HAProxy can do without a reload.
struct Abilities {
  config::Lookups lookups;          ///< of the frontend
  const BackendPool& backend_pool;  ///< backends that are free for new services and colours
};

/// The steps from the present applied state to one with `change` on top, each with the way it is applied.
/// Pure.
model::Plan plan_change(const AppliedState& applied_state, const model::Change& change,
                        const config::Addresses& addresses, const Abilities& abilities);

}  // namespace dfp::haproxy
