#pragma once
#include <stop_token>

#include "base/deadline.hpp"
#include "base/result.hpp"

namespace dfp::reconcile {

/// Who waits for a request, and for how long. Made when the request arrives, so that the time limit covers
/// every wait for it: for its turn, the registry, health, and HAProxy.
struct RequestContext {
  Deadline deadline = Deadline::never();
  std::stop_token left = {};  ///< requested when the client has gone: nothing begins for it any more

  /// Asked before each step that changes something.
  /// @return Cancelled or Timeout; either means that the request has changed nothing.
  Result<> still_wanted() const {
    if (left.stop_requested())
      return fail(Errc::Cancelled,
                  "the client has gone, or the server ends, before its turn came; nothing was changed");
    if (deadline.passed())
      return fail(Errc::Timeout,
                  "the time limit of the request (request-timeout) passed before anything was changed; try "
                  "again");
    return {};
  }
};

}  // namespace dfp::reconcile
