#pragma once
#include <functional>
#include <memory>
#include <stop_token>
#include <utility>

#include "base/deadline.hpp"
#include "base/result.hpp"
#include "base/task.hpp"

namespace dfp {

/// Waits; ends early (without an error) when the coroutine is cancelled.
Task<> sleep_for(Clock::duration span);

/// Calls `body(0)` … `body(count - 1)` with at most `width` of them under way at once, and waits for all.
Task<> for_each_concurrently(std::size_t count, std::size_t width, std::function<Task<>(std::size_t)> body);

/// Wakes coroutines that wait for something to happen. Use from one executor only.
class Signal {
 public:
  explicit Signal(Executor executor);
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  /// Wakes every present waiter. A later waiter waits for the next call.
  void notify_all();
  /// @return true when notified, false when the deadline passed first.
  Task<bool> wait(Deadline deadline);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Mutual exclusion between coroutines of one executor, first come first served.
class AsyncMutex {
 public:
  class Lock {
   public:
    Lock() = default;
    explicit Lock(AsyncMutex* owner) : owner_(owner) {}
    Lock(Lock&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Lock& operator=(Lock&& other) noexcept;
    ~Lock();

   private:
    AsyncMutex* owner_ = nullptr;
  };

  explicit AsyncMutex(Executor executor);
  ~AsyncMutex();
  /// Waits for its turn. The lock is released when the returned value dies.
  Task<Lock> lock();
  /// The same for somebody who does not wait for ever; whoever gives up loses the place in the queue, and the
  /// others move up.
  /// @param left requested when nobody needs the turn any more, for example because the client has gone
  /// @return Timeout at the deadline; Cancelled when `left` is requested, even if the turn came at that
  /// moment.
  Task<Result<Lock>> lock(Deadline deadline, std::stop_token left = {});

 private:
  void unlock();
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace dfp
