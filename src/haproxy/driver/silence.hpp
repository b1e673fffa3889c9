#pragma once
#include "base/deadline.hpp"

namespace dfp::haproxy {

/// How long a part of HAProxy has not answered: begins with the first question without an answer. Pure.
class Silence {
 public:
  void note(bool answered, Clock::time_point now) {
    if (answered)
      since_ = Clock::time_point::max();
    else if (since_ == Clock::time_point::max())
      since_ = now;
  }
  /// Zero while it answers.
  Clock::duration span(Clock::time_point now) const {
    return now > since_ ? now - since_ : Clock::duration::zero();
  }
  /// @return true once per silence that lasts that long.
  bool report(Clock::duration limit, Clock::time_point now) {
    bool silent = span(now) >= limit;
    bool fresh = silent && !reported_;
    reported_ = silent;
    return fresh;
  }

 private:
  Clock::time_point since_ = Clock::time_point::max();
  bool reported_ = false;
};

}  // namespace dfp::haproxy
