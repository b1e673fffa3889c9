#pragma once
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "base/deadline.hpp"

namespace dfp::tmpl {

/// What one rendering may use. Whoever passes a limit gets an execution error that names it.
struct Limits {
  std::size_t output_bytes = 16U << 20;  ///< of the rendered text
  std::size_t value_bytes = 64U << 20;   ///< sum of all texts and lists that functions produce on the way
  std::uint64_t steps = 50'000'000;      ///< nodes evaluated, elements looped over
  std::uint32_t depth = 400;             ///< templates that invoke templates, blocks within blocks
  std::chrono::milliseconds time = std::chrono::seconds(5);
};

/// Thrown inside this module only: the evaluator turns it into an error of the rendering.
struct LimitExceeded {
  std::string what;
};

/// Counts down what a rendering may still use.
class Budget {
 public:
  explicit Budget(const Limits& limits) : limits_(limits), deadline_(Deadline::after(limits.time)) {}

  const Limits& limits() const { return limits_; }
  std::size_t bytes_left() const { return limits_.value_bytes - bytes_; }

  void charge_steps(std::uint64_t count) {
    steps_ += count;
    if (steps_ >= next_check_) check();
  }
  void check_time() const {
    if (deadline_.passed()) throw LimitExceeded{"it takes more time than allowed"};
  }
  void charge_bytes(std::size_t count) {
    if (count > bytes_left()) throw LimitExceeded{"its values take more than the allowed memory"};
    bytes_ += count;
  }

 private:
  void check();

  Limits limits_;
  Deadline deadline_;
  std::uint64_t steps_ = 0;
  std::uint64_t next_check_ = kStride;
  std::size_t bytes_ = 0;
  static constexpr std::uint64_t kStride = 4096;  ///< the clock is read once in so many steps
};

/// Text that grows up to a limit.
class Sink {
 public:
  Sink(std::size_t limit, const char* complaint) : limit_(limit), complaint_(complaint) {}
  /// For a value of a rendering: as much as its budget has left. `budget` must outlive the sink.
  explicit Sink(const Budget& budget)
      : Sink(budget.bytes_left(), "its values take more than the allowed memory") {
    budget_ = &budget;
  }

  void put(std::string_view text) {
    reserve(text.size());
    text_.append(text);
  }
  void put(char c) {
    reserve(1);
    text_.push_back(c);
  }
  void fill(std::size_t count, char c) {
    reserve(count);
    text_.append(count, c);
  }
  std::size_t size() const { return text_.size(); }
  std::string_view view() const { return text_; }
  std::string take() && { return std::move(text_); }

 private:
  void reserve(std::size_t more) {
    if (budget_ && ++puts_ % kStride == 0) budget_->check_time();
    if (more > limit_ - text_.size()) throw LimitExceeded{complaint_};
  }

  std::size_t limit_;
  const char* complaint_;
  const Budget* budget_ = nullptr;
  std::size_t puts_ = 0;
  static constexpr std::size_t kStride = 4096;  ///< the clock is read once in so many calls
  std::string text_;
};

}  // namespace dfp::tmpl
