#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/desired_state.hpp"

namespace dfp::model {

/// A step from the applied state to a new one: services that are new or differ; nullopt removes.
using Change = std::map<std::string, std::optional<Service>>;

/// How HAProxy is made to follow.
enum class Means { Nothing, Runtime, Reload };
/// "nothing", "runtime", "reload".
std::string_view to_string(Means means) noexcept;

/// One thing that HAProxy has to do, e.g. "add route my-domain.com/demo -> go-demo".
struct Step {
  std::string what;
  Means means = Means::Nothing;
  std::string reason;  ///< why a reload is needed; empty otherwise
};

struct Plan {
  std::vector<Step> steps;

  /// Reload if any step needs one, else Runtime if there is a step, else Nothing.
  Means means() const;
  /// Of the first step that needs a reload.
  std::string reason() const;
};

}  // namespace dfp::model
