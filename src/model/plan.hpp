#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/desired_state.hpp"
#include "model/step.hpp"

namespace dfp::model {

/// A step from the applied state to a new one: services that are new or differ; nullopt removes.
using Change = std::map<std::string, std::optional<Service>>;

struct Plan {
  std::vector<Step> steps;

  /// Reload if any step needs one, else Runtime if there is a step, else Nothing.
  Means means() const;
  /// Of the first step that needs a reload.
  std::string reason() const;
};

}  // namespace dfp::model
