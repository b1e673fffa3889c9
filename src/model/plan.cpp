#include "model/plan.hpp"

#include <algorithm>

namespace dfp::model {

Means Plan::means() const {
  auto most = Means::Nothing;
  for (const auto& step : steps) most = std::max(most, step.means);
  return most;
}

std::string Plan::reason() const {
  for (const auto& step : steps)
    if (step.means == Means::Reload) return step.reason;
  return {};
}

}  // namespace dfp::model
