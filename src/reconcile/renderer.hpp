#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "base/deadline.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "model/definition.hpp"

namespace dfp::reconcile {

/// What the templates of a definition gave.
struct Rendering {
  /// The data that a rendering used, in the renderer's own form.
  class Basis {
   public:
    virtual ~Basis() = default;
  };

  std::string text;  ///< HAProxy sections
  std::string hash;  ///< of the templates' texts: "sha256:HEX"
  std::shared_ptr<const Basis> basis;
};

/// Makes HAProxy sections from the templates of a definition and the registry's present data.
class Renderer {
 public:
  virtual ~Renderer() = default;

  /// The same data, template and `now` give the same text.
  /// @param now what templates take for the present time
  /// @return InvalidArgument naming template, line and reason when it cannot be read, parsed or executed;
  /// Unavailable when the registry cannot be read.
  virtual Task<Result<Rendering>> render(model::Definition definition,
                                         std::chrono::system_clock::time_point now, Deadline deadline) = 0;
  /// Completes when the data behind a rendering may have changed; then render again and compare.
  /// @return Timeout.
  virtual Task<Result<>> changed(std::shared_ptr<const Rendering::Basis> basis, Deadline deadline) = 0;
};

}  // namespace dfp::reconcile
