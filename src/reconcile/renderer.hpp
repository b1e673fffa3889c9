#pragma once
#include <string>

#include "base/deadline.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "model/definition.hpp"

namespace dfp::reconcile {

/// Makes HAProxy sections from the template of a definition and the registry's present data.
class Renderer {
 public:
  virtual ~Renderer() = default;

  /// @return InvalidArgument naming template, line and reason when it cannot be read, parsed or executed;
  /// Unavailable when the registry cannot be read.
  virtual Task<Result<std::string>> render(model::Definition definition, Deadline deadline) = 0;
};

}  // namespace dfp::reconcile
