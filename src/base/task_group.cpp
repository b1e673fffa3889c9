#include "base/task_group.hpp"

namespace dfp {
namespace {

constexpr auto kWakeAgain = std::chrono::milliseconds(100);

}  // namespace

struct TaskGroup::State {
  explicit State(Executor e) : executor(std::move(e)), ended(executor) {}
  Executor executor;
  Signal ended;
  std::size_t running = 0;
  bool stopping = false;
};

TaskGroup::Running::Running(std::shared_ptr<State> state) : state_(std::move(state)) { ++state_->running; }

TaskGroup::Running::~Running() {
  if (!state_) return;
  --state_->running;
  state_->ended.notify_all();
}

TaskGroup::TaskGroup(Executor executor) : state_(std::make_shared<State>(std::move(executor))) {}

Task<> TaskGroup::run(Running running, Task<> task) { co_await std::move(task); }

void TaskGroup::spawn(Task<> task, std::string name) {
  dfp::spawn(state_->executor, run(enter(), std::move(task)), std::move(name));
}

TaskGroup::Running TaskGroup::enter() { return Running(state_); }
bool TaskGroup::stopping() const { return state_->stopping; }
std::size_t TaskGroup::running() const { return state_->running; }

Task<bool> TaskGroup::stop(std::function<void()> wake, Deadline deadline) {
  auto state = state_;
  state->stopping = true;
  while (state->running > 0 && !deadline.passed()) {
    wake();
    co_await state->ended.wait(deadline.min(Deadline::after(kWakeAgain)));
  }
  co_return state->running == 0;
}

}  // namespace dfp
