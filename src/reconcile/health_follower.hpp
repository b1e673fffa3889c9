#pragma once
#include "reconcile/shared.hpp"

namespace dfp::reconcile {

/// The registry's health checks in place of HAProxy's: pins stay as they are, only their health follows. Not
/// stored: health is no part of what was asked for, and every proxy sees it for itself.
class HealthFollower {
 public:
  explicit HealthFollower(Shared& shared) : shared_(shared) {}

  /// Runs until the reconciler stops.
  Task<> follow();

 private:
  Task<> apply(registry::HealthReport report);

  Shared& shared_;
};

}  // namespace dfp::reconcile
