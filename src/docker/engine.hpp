#pragma once
#include <functional>
#include <string>
#include <vector>

#include "base/deadline.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "docker/engine_types.hpp"

namespace dfp::docker {

/// Which events are wanted; an empty list is every one.
struct EventFilter {
  std::vector<std::string> types;    ///< "container", "service", …
  std::vector<std::string> actions;  ///< "start", "die", "health_status", …
};

/// What is asked of a Docker Engine; nothing is ever changed. Use from its executor only.
/// All: Unavailable when it cannot be reached (or is no manager and was asked about the swarm), Timeout,
/// NotFound for an unknown id, Rejected with the engine's own message.
class Engine {
 public:
  virtual ~Engine() = default;

  virtual Task<Result<EngineInfo>> info(Deadline deadline) = 0;
  /// Of the running containers (paused ones are running), or of all.
  virtual Task<Result<std::vector<std::string>>> container_ids(bool all, Deadline deadline) = 0;
  /// @param id or name
  virtual Task<Result<Container>> container(std::string id, Deadline deadline) = 0;
  /// The same as the engine writes it: what decode_container reads.
  virtual Task<Result<std::string>> container_json(std::string id, Deadline deadline) = 0;

  virtual Task<Result<std::vector<SwarmService>>> services(Deadline deadline) = 0;
  /// Those that are meant to run (desired state "running"), whatever their state is.
  virtual Task<Result<std::vector<SwarmTask>>> tasks(Deadline deadline) = 0;
  virtual Task<Result<std::vector<SwarmNode>>> nodes(Deadline deadline) = 0;
  virtual Task<Result<std::vector<EngineNetwork>>> networks(Deadline deadline) = 0;

  /// Calls `on_event` for each event until it returns false, `idle` passes without one, or the engine ends
  /// the stream. `on_open` is called when the engine has accepted the subscription: what is listed after that
  /// is not older than the first event.
  /// @param since by the engine's clock: events after it that the engine still remembers come first; zero:
  /// only new ones
  /// @return success when a callback stopped it or the engine ended it; Timeout after `idle`.
  virtual Task<Result<>> events(EventFilter filter, std::chrono::nanoseconds since,
                                std::function<void()> on_open, std::function<bool(Event)> on_event,
                                Clock::duration idle) = 0;

  /// Ends every call in flight with Cancelled.
  virtual void cancel() = 0;
};

}  // namespace dfp::docker
