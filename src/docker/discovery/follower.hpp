#pragma once
#include <chrono>
#include <map>
#include <string>

#include "base/task_group.hpp"
#include "docker/discovery/counters.hpp"
#include "docker/discovery/follow_plan.hpp"
#include "docker/discovery/source.hpp"
#include "docker/event_watch.hpp"

namespace dfp::docker::discovery {

/// The proxy, as a follower of labels sees it.
class FollowedProxy {
 public:
  virtual ~FollowedProxy() = default;
  /// False until what is stored was read once: until then nothing can be compared.
  virtual bool ready() const = 0;
  virtual const model::DesiredState& served() const = 0;
  virtual Task<Result<>> reconfigure(model::Definition definition, std::string changed_by) = 0;
  virtual Task<Result<>> repin(std::string service) = 0;
  /// Takes these instances out.
  virtual Task<Result<>> unpin(std::string service, std::set<std::string> ids) = 0;
  virtual Task<Result<>> remove(std::string service, std::string changed_by) = 0;
};

struct FollowerSettings {
  LabelRules rules;
  std::string network;                                       ///< see instances_of()
  std::chrono::milliseconds poll = std::chrono::seconds(2);  ///< a swarm tells nothing of its tasks
  std::chrono::milliseconds poll_fast = std::chrono::milliseconds(100);  ///< while something is on its way
  std::chrono::milliseconds retry_first =
      std::chrono::seconds(1);  ///< a refused order is tried again then, then less often
  std::chrono::milliseconds retry_last = std::chrono::minutes(1);
};

/// Keeps a proxy equal to what an engine's labels order and to the copies that it runs. Level-triggered:
/// events, timers and reconnections only make it read everything and compare. Use from one executor.
class Follower {
 public:
  /// What people may ask about it.
  struct Status {
    std::uint64_t passes = 0;
    std::uint64_t failed = 0;
    std::string error;  ///< why the last pass failed; empty when it did not
    std::map<std::string, std::string>
        problems;                    ///< service name -> why its labels or copies are not followed
    std::vector<std::string> notes;  ///< labels that were left out
    std::set<std::string> waiting;   ///< ordered, but no copy is usable
    ViewPtr view;                    ///< as last read; nullptr: not yet
  };

  /// All must outlive it.
  Follower(Executor executor, Engine& engine, Source& source, FollowedProxy& proxy, FollowerSettings settings,
           metrics::Registry& registry = metrics::process_registry());

  /// Begins in the background.
  void start();
  Task<> stop();

  /// All orders are passed on again, also those that the API has overruled (`notify-services`).
  void notify();
  const Status& status() const { return status_; }
  const LabelRules& rules() const { return settings_.rules; }

 private:
  struct Refusal {
    model::Definition definition;
    Clock::time_point again;
    Clock::duration pause;
  };

  Task<> follow();
  bool is_busy() const;
  Task<Result<bool>> pass();
  using Problems = std::map<std::string, std::string>;  ///< service name -> reason
  /// New problems are added to `problems`. @return whether something was changed
  Task<bool> apply(FollowPlan plan, Problems* problems);
  Task<bool> pass_on(std::string name, model::Definition definition, Problems* problems);
  bool is_refused(const std::string& name, const model::Definition& definition) const;
  void forgive_refusals();
  void note_refusal(const std::string& name, model::Definition definition);
  void report(const Result<bool>& done);
  void publish(Orders orders, Problems problems, ViewPtr view);

  Source& source_;
  FollowedProxy& proxy_;
  const FollowerSettings settings_;
  EventWatch events_;
  std::map<std::string, model::Definition> given_;
  std::map<std::string, Refusal> refusals_;
  std::size_t routes_ = 0;  ///< fingerprint of all served ones
  Status status_;
  Counters counters_;
  Clock::time_point busy_until_ = Clock::time_point::min();
  std::uint64_t wakes_ = 0;
  Signal wake_;
  TaskGroup tasks_;
};

}  // namespace dfp::docker::discovery
