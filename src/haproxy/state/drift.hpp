#pragma once
#include <string>
#include <vector>

#include "haproxy/runtime/live_state.hpp"
#include "haproxy/state/script.hpp"

namespace dfp::haproxy {
using runtime::LiveState;

/// What is wrong with a worker, and how it is put right.
struct Repair {
  Commands commands;
  std::vector<std::string> found;              ///< one line per difference, for people
  std::vector<LeavingServers::Leaving> leave;  ///< servers put in maintenance, to be deleted later
};

/// Where a worker may be in a change that was interrupted.
enum class Unfinished { Undo, Complete };
/// What the letter in its flags says.
Unfinished unfinished_of(const LiveState& live);

/// Compares what a worker holds with what it should hold. Pure; linear in both.
/// Every intermediate state answers requests as the old or as the new state does: when values "before|after"
/// are found, the letter that chooses between them is set or taken away first.
Repair make_repair(const LiveState& live, const AppliedState& applied_state, const BackendPool& backend_pool,
                   const Settings& settings, Unfinished unfinished);

/// Binds the services of `applied_state` to the backends in which `live` serves them; a service that is not
/// there gets a free one. @return false when there are not enough.
bool adopt_bindings(const LiveState& live, const AppliedState& applied_state, BackendPool& backend_pool);

}  // namespace dfp::haproxy
