#pragma once
#include "base/deadline.hpp"
#include "base/task.hpp"
#include "haproxy/config/backend.hpp"
#include "model/plan.hpp"

namespace dfp::haproxy {

/// Looks up the host names under which instances of these services are registered; literal addresses need
/// none. Names that cannot be resolved within the deadline are left out and logged.
Task<config::Addresses> resolve_names(Executor executor, model::Change services, Deadline deadline);

}  // namespace dfp::haproxy
