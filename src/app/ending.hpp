#pragma once
#include <boost/asio/signal_set.hpp>
#include <memory>
#include <optional>

#include "base/deadline.hpp"
#include "base/task.hpp"
#include "base/wait.hpp"

namespace dfp::app {

/// What ends a server: SIGTERM and SIGINT, from its first moment on (a start must be able to end too), and
/// what its start came to. Shared with the coroutines that report. After its life the two are ignored: the
/// exit status is decided, and a signal must not replace it.
class Ending {
 public:
  explicit Ending(Executor executor);
  /// From now on a signal is noted, not fatal.
  static void watch(const std::shared_ptr<Ending>& ending);
  /// Runs a start in the background and keeps its exit status. What it refers to must live until it has
  /// ended.
  static void run(const std::shared_ptr<Ending>& ending, Task<int> start);

  const std::optional<int>& signal() const { return signal_; }
  /// Of the start; nothing while it runs.
  const std::optional<int>& started() const { return started_; }
  Task<> wait_for_signal();
  Task<> wait_for_signal_or_start();
  Task<> wait_for_start(Deadline deadline);

 private:
  static Task<> note_signal(std::shared_ptr<Ending> ending);
  static Task<> note_start(std::shared_ptr<Ending> ending, Task<int> start);

  /// The end of a signal_set makes its signals fatal again.
  struct IgnoresAfterwards {
    IgnoresAfterwards() = default;
    IgnoresAfterwards(const IgnoresAfterwards&) = delete;
    IgnoresAfterwards& operator=(const IgnoresAfterwards&) = delete;
    ~IgnoresAfterwards();
  };

  Executor executor_;
  IgnoresAfterwards ignores_afterwards_;
  boost::asio::signal_set signals_;
  Signal changed_;
  std::optional<int> signal_;
  std::optional<int> started_;
};

}  // namespace dfp::app
