#pragma once
#include "reconcile/contents.hpp"
#include "reconcile/next_service.hpp"
#include "reconcile/shared.hpp"
#include "reconcile/wish.hpp"

namespace dfp::reconcile {

/// The wait of requests that let new instances in only after a good health check. Without the turn; several
/// at once.
class HealthWait {
 public:
  HealthWait(Shared& shared, Contents& contents, NextService& next_service)
      : shared_(shared), contents_(contents), next_service_(next_service) {}

  /// Until all newcomers have passed the wish's gate. @return Conflict naming one that has not in time, or
  /// where the order is not the latest any more; as RequestContext::still_wanted()
  Task<Result<>> wait(Wish wish);

 private:
  Shared& shared_;
  Contents& contents_;
  NextService& next_service_;
};

}  // namespace dfp::reconcile
