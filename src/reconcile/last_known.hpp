#pragma once
#include <string>

#include "base/result.hpp"
#include "base/task.hpp"
#include "base/wait.hpp"
#include "model/desired_state.hpp"

namespace dfp::reconcile {

/// A copy of the applied state on local disk, for a start while the registry is away. Written in the
/// background within 200 ms of a change (less often when the state is so large that writing it takes long).
class LastKnown {
 public:
  /// @param file path of the copy; "" keeps none. `state` must outlive this.
  LastKnown(Executor executor, std::string file, const model::DesiredState& state);

  /// @return NotFound when there is none; Rejected when it cannot be read.
  Result<model::DesiredState> load() const;
  /// The state changed: write it soon.
  void touch();
  /// Writes now if something is unwritten.
  void flush();

 private:
  Task<> write_soon();

  Executor executor_;
  std::string file_;
  const model::DesiredState& state_;
  bool dirty_ = false;
  bool scheduled_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  Clock::duration last_took_{};
};

}  // namespace dfp::reconcile
