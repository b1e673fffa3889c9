#pragma once
#include <chrono>
#include <optional>

#include "model/plan.hpp"

namespace dfp::reconcile {

/// What a request came to.
struct Outcome {
  model::Service service;  ///< as it is now kept (for a removal: as it was)
  model::Plan plan;        ///< how HAProxy was made to follow
  bool existed = false;    ///< the service was known before
};

struct ReconfigureOptions {
  /// Instances that do not serve yet are used only after a good health check, all within this time; nullopt:
  /// HAProxy's own checks take them out later.
  std::optional<std::chrono::milliseconds> healthy_within = {};
};

}  // namespace dfp::reconcile
