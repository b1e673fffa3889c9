#pragma once
#include <string>
#include <utility>

#include "base/result.hpp"

namespace dfp {

/// Whether an object that has a start() may be used: only after a start that succeeded, and until its end.
/// What is half-initialised must not act: every public call that acts asks check() first. A start that failed
/// may be tried again. Use from one thread.
class StartState {
 public:
  /// @param what the object, as the refusals name it: "the proxy"
  explicit StartState(std::string what) : what_(std::move(what)) {}

  /// The outcome of a start: usable, or never (again) before another start.
  void note(const Result<>& started) {
    phase_ = started ? Phase::Started : Phase::Failed;
    if (!started) reason_ = started.error().what;
  }
  void end() { phase_ = Phase::Ended; }
  bool started() const { return phase_ == Phase::Started; }

  /// @return Unavailable before the start has succeeded and after one failed (with its reason); Cancelled
  /// after the end.
  Result<> check() const {
    if (phase_ == Phase::Started) return {};
    if (phase_ == Phase::Starting)
      return fail(Errc::Unavailable, what_ + " is starting; nothing was changed, try again in a moment");
    if (phase_ == Phase::Failed)
      return fail(Errc::Unavailable, what_ + " did not start; nothing was changed: " + reason_);
    return fail(Errc::Cancelled, what_ + " is stopping; nothing was changed");
  }

 private:
  enum class Phase { Starting, Started, Failed, Ended };
  std::string what_;
  Phase phase_ = Phase::Starting;
  std::string reason_;
};

}  // namespace dfp
