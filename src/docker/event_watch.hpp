#pragma once
#include <functional>
#include <string>

#include "base/wait.hpp"
#include "docker/engine.hpp"

namespace dfp::docker {

/// Keeps an event stream open for as long as it is wanted: after every end it subscribes again, with a
/// growing pause while the engine is away, and asks for what happened meanwhile. The stream is also renewed
/// when it was silent for a while, so that a dead connection is noticed.
class EventWatch {
 public:
  /// @param on_open called after each subscription: whoever lists afterwards misses nothing
  EventWatch(Executor executor, Engine& engine, EventFilter filter, std::function<void()> on_open,
             std::function<void(const Event&)> on_event);

  /// Runs until stop().
  Task<> run();
  /// Also cancels the engine's calls.
  void stop();

 private:
  Engine& engine_;
  EventFilter filter_;
  std::function<void()> on_open_;
  std::function<void(const Event&)> on_event_;
  std::chrono::nanoseconds last_{0};
  bool stopping_ = false;
  Signal stop_;
};

}  // namespace dfp::docker
