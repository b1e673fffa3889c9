#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/task.hpp"
#include "base/wait.hpp"

namespace dfp {

/// Background tasks with one owner, who ends them all before it ends itself. Use from one executor.
class TaskGroup {
  struct State;

 public:
  /// Counts as a task of the group while it lives.
  class Running {
   public:
    explicit Running(std::shared_ptr<State> state);
    Running(Running&& other) noexcept : state_(std::move(other.state_)) {}
    Running& operator=(Running&&) = delete;
    ~Running();

   private:
    std::shared_ptr<State> state_;
  };

  explicit TaskGroup(Executor executor);
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Starts a task, as dfp::spawn() does, and counts it until it has ended, by an exception too.
  void spawn(Task<> task, std::string name);
  /// For what the caller runs itself and stop() has to wait for.
  [[nodiscard]] Running enter();

  /// True once stop() was called: a task asks after each wait, and ends.
  bool stopping() const;
  std::size_t running() const;
  /// Waits until all tasks have ended. @param wake wakes those that wait for something else than the group;
  /// called at once, and every 100 ms until they have ended. @return false when some run at the deadline.
  Task<bool> stop(std::function<void()> wake, Deadline deadline = Deadline::never());

 private:
  static Task<> run(Running running, Task<> task);
  std::shared_ptr<State>
      state_;  // shared with the tasks, which an owner that never stops them may not outlive
};

}  // namespace dfp
