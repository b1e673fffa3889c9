#pragma once
#include <functional>
#include <stop_token>

#include "base/deadline.hpp"
#include "base/result.hpp"

namespace dfp::reconcile {

/// Who waits for a request, and for how long. Made when the request arrives, so that the time limit covers
/// every wait for it: for its turn, the registry, health, and HAProxy.
struct RequestContext {
  Deadline deadline = Deadline::never();
  std::stop_token left = {};  ///< requested when the client has gone: nothing begins for it any more
  /// Looks at the client's connection now: `left` is requested a moment after a client has gone, and an order
  /// must not begin in that moment.
  std::function<bool()> has_left = {};
  Clock::time_point arrived = Clock::now();

  /// So long after its arrival a request counts as carried out at once. Its connection is not looked at: a
  /// client may have ended just its sending side and read the answer (`printf ... | nc -N`).
  static constexpr auto kAtOnce = std::chrono::milliseconds(100);
  /// From now on no begin counts as one at once: for who asks to wait.
  void waits() { arrived = Clock::time_point::min(); }

  /// Asked before each step that changes something.
  /// @return Cancelled or Timeout; either means that the request has changed nothing.
  Result<> still_wanted() const {
    bool looks = has_left && Clock::now() > arrived + kAtOnce;
    if (left.stop_requested() || (looks && has_left()))
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
