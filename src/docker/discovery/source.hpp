#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/wait.hpp"
#include "docker/container_reader.hpp"
#include "docker/discovery/view.hpp"
#include "docker/engine.hpp"

namespace dfp::docker::discovery {

using ViewPtr = std::shared_ptr<const View>;

/// Where a view comes from. Use from one executor.
class Source {
 public:
  explicit Source(Executor executor) : turn_(std::move(executor)) {}
  virtual ~Source() = default;
  /// Everything, as the engine tells it now.
  Task<Result<ViewPtr>> read(Deadline deadline);
  /// The same, or what was read last where that is not older than reading it took: questions that come in a
  /// row, or all at once, cost little more than one.
  Task<Result<ViewPtr>> recent(Deadline deadline);
  /// What was read last, however old; nullptr before the first reading.
  ViewPtr latest() const { return last_; }
  /// The events after which a view may be another one.
  virtual EventFilter events() const = 0;
  /// To be told of each of them: an engine may know an end earlier than it shows it.
  virtual void note(const Event&) {}
  /// Who ordered a service by a label of this source: "label swarm", "label docker HOST".
  virtual std::string author() const = 0;

 private:
  virtual Task<Result<View>> look(Deadline deadline) = 0;

  AsyncMutex turn_;
  ViewPtr last_;
  Clock::time_point last_until_ = Clock::time_point::min();  ///< so long it is recent
};

/// The services of a swarm; the engine has to be one of its managers.
class SwarmSource : public Source {
 public:
  /// @param own_container id of the container that this process runs in; empty: none
  SwarmSource(Executor executor, Engine& engine, std::string own_container);
  EventFilter events() const override;
  /// The end of a task's container: the swarm goes on to call the task running for half a second.
  void note(const Event& event) override;
  std::string author() const override { return "label swarm"; }

 private:
  Task<Result<View>> look(Deadline deadline) override;

  Engine& engine_;
  std::string own_container_;
  std::set<std::string> ended_;  ///< ids of tasks; a task's container never starts again
};

/// The containers of one engine.
class ContainerSource : public Source {
 public:
  /// @param host an empty name: as the engine calls itself. It must outlive the container that this process
  /// may run in, since it is kept with what labels ordered.
  ContainerSource(Executor executor, Engine& engine, std::string own_container, EngineHost host);
  EventFilter events() const override;
  /// The signal with which `docker stop` begins, and the end: a container is left before its address is gone.
  void note(const Event& event) override;
  std::string author() const override { return "label docker " + host_.name; }

 private:
  struct Signalled {
    std::string signal;  ///< its number
    Clock::time_point at;
  };
  Task<Result<View>> look(Deadline deadline) override;
  bool is_leaving(const Container& container) const;
  Task<Result<Container>> inspect(std::string id, Deadline deadline);

  Engine& engine_;
  ContainerReader reader_;
  std::string own_container_;
  EngineHost host_;
  std::map<std::string, Signalled> signalled_;  ///< container id -> its last signal; as killed when it ended
};

/// The id of the container that a process with this /proc/self/mountinfo runs in: Docker mounts its files
/// from a folder of that name. Empty for none.
std::string container_id_in(std::string_view mountinfo);
/// The same for this process.
std::string own_container_id();

}  // namespace dfp::docker::discovery
