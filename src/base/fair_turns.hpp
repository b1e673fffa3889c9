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
 public:
  /// Ends the turn when it dies.
  class Turn {
   public:
    Turn() = default;
    explicit Turn(FairTurns* owner) : owner_(owner) {}
    Turn(Turn&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Turn& operator=(Turn&& other) noexcept {
      std::swap(owner_, other.owner_);
      return *this;
    }
    ~Turn() {
      if (owner_) owner_->end();
    }

   private:
    FairTurns* owner_ = nullptr;
  };

  /// @param width how many at once
  explicit FairTurns(std::size_t width);
  ~FairTurns();
  FairTurns(const FairTurns&) = delete;
  FairTurns& operator=(const FairTurns&) = delete;

  /// Waits for a turn.
  Task<Turn> take(std::string group);

 private:
  void end();
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace dfp
