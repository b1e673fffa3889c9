#pragma once
#include "base/task.hpp"

namespace dfp {

/// Lets everything else that is ready run first. For loops that may go on for long without ever waiting: on
/// one executor nobody else has a turn meanwhile. Costs less than a microsecond.
Task<> yield();

}  // namespace dfp
