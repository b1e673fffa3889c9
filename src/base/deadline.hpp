#pragma once
#include <chrono>

namespace dfp {

using Clock = std::chrono::steady_clock;

/// An absolute point in time by which an operation has finished or failed with Timeout.
struct Deadline {
  Clock::time_point at;

  static Deadline after(Clock::duration span) { return {Clock::now() + span}; }
  static Deadline never() { return {Clock::time_point::max()}; }
  bool passed() const { return Clock::now() >= at; }
  Clock::duration left() const {
    auto now = Clock::now();
    return at > now ? at - now : Clock::duration::zero();
  }
  /// The earlier of both.
  Deadline min(Deadline other) const { return {at < other.at ? at : other.at}; }
};

}  // namespace dfp
