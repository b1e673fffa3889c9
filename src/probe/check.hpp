#pragma once
#include <memory>

#include "base/deadline.hpp"
#include "model/health_check.hpp"
#include "net/dial.hpp"

namespace dfp::probe {

/// Checks an instance once: connects, and for an HTTP check asks and looks at the status of the answer.
/// Redirects are not followed. @param interrupt ends it early when it fires.
/// @return Rejected with the status that is not a healthy one; Unavailable, Timeout or Cancelled with the
/// reason why there is none.
Task<Result<>> check_once(Executor executor, net::Endpoint instance, model::HealthCheck check,
                          std::shared_ptr<net::Interrupt> interrupt, Deadline deadline);

}  // namespace dfp::probe
