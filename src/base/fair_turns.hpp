#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "base/task.hpp"

namespace dfp {

/// Lets a few at once do what is costly, and shares the turns fairly: those who wait are taken one from each
/// group in rotation, so that a group with many waiting holds up nobody but itself. Use from one executor.
class FairTurns {
 private:
  struct State;

 public:
  /// Ends the turn when it dies, which may be after the FairTurns has died.
  class Turn {
   public:
    Turn() = default;
    explicit Turn(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Turn(Turn&& other) noexcept = default;
    Turn& operator=(Turn&& other) noexcept {
      std::swap(state_, other.state_);
      return *this;
    }
    ~Turn();

   private:
    std::shared_ptr<State> state_;
  };

  /// @param width how many at once
  explicit FairTurns(std::size_t width);
  ~FairTurns();
  FairTurns(const FairTurns&) = delete;
  FairTurns& operator=(const FairTurns&) = delete;

  /// Waits for a turn.
  Task<Turn> take(std::string group);

 private:
  std::shared_ptr<State> state_;
};

}  // namespace dfp
