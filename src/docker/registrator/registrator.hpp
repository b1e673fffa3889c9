#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/task_group.hpp"
#include "docker/container_reader.hpp"
#include "docker/event_watch.hpp"
#include "docker/registrator/registry_plan.hpp"
#include "registry/registrar.hpp"

namespace dfp::docker::registrator {

struct Status {
  std::uint64_t passes = 0;  ///< comparisons of engine and registry
  std::uint64_t failed = 0;
  std::uint64_t enrolled = 0;
  std::uint64_t renewed = 0;
  std::uint64_t removed = 0;
  std::vector<std::string> problems;  ///< of single containers; see Desired
  std::string error;                  ///< why the last pass failed; empty when it did not
};

/// Keeps the registry equal to what runs in an engine: an event, a timer or a reconnection makes it list both
/// and tell the difference. It needs no memory for that, so it survives its own restart and the loss of the
/// event stream, the engine and the registry. While the engine cannot be asked nothing is removed, and
/// nothing renewed either. Entries stay when it ends. Use from one executor.
class Registrator {
 public:
  /// `engine` and `registrar` must outlive it.
  /// @param tags belongs to `options.tags_template`; none: plain tags
  Registrator(Executor executor, Engine& engine, registry::Registrar& registrar, Options options,
              HostFacts host, TagsTemplate tags = {});

  /// Makes the first comparison, up to `retry_attempts` times, and goes on in the background.
  /// @return the last error when all attempts failed.
  Task<Result<>> start();
  /// Ends the background work.
  Task<> stop();

  const Status& status() const { return status_; }

 private:
  Task<Result<>> compare_first();
  Task<Result<>> pass();
  Task<Result<Registrations>> wanted();
  Task<Result<std::vector<InspectedContainer>>> running_containers();
  Task<Result<Container>> joined_container(std::string network_mode);
  Task<Result<>> apply(RegistryPlan plan);
  Task<Result<>> remove(model::Instance instance);
  Task<bool> is_kept(model::Instance instance);
  Task<> keep_comparing();
  void on_event(const Event& event);
  void report(const Result<>& done);
  void report_problems(std::vector<std::string> problems);
  Clock::duration until_next_pass() const;

  Engine& engine_;
  registry::Registrar& registrar_;
  const Options options_;
  const HostFacts host_;
  const TagsTemplate tags_;
  EventWatch events_;
  ContainerReader reader_;
  Registrations told_;
  std::map<std::string, int> exit_codes_;  ///< of containers that ended, by short id
  Clock::time_point renewed_at_ = Clock::time_point::min();
  Status status_;
  Clock::duration pause_;
  std::uint64_t wakes_ = 0;
  Signal wake_;
  TaskGroup tasks_;
};

}  // namespace dfp::docker::registrator
