#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/task_group.hpp"
#include "metrics/metrics.hpp"
#include "model/desired_state.hpp"
#include "reconcile/renderer.hpp"

namespace dfp::reconcile {

struct WatchSettings {
  std::chrono::milliseconds quiet = std::chrono::milliseconds(500);  ///< after a change, without another one
  std::chrono::milliseconds most = std::chrono::seconds(5);          ///< of waiting for that
  /// Where another proxy leads: so much time, and up to twice as much, for it to be first.
  std::chrono::milliseconds others = std::chrono::milliseconds(1500);
  std::chrono::milliseconds span = std::chrono::seconds(55);  ///< length of one wait for a change
  std::chrono::milliseconds retry_first = std::chrono::milliseconds(250);  ///< after a failure: first pause
  std::chrono::milliseconds retry_last = std::chrono::seconds(10);         ///< and the longest
};

/// What the registry says of a service at one moment.
struct Look {
  std::vector<model::Instance> instances;                   ///< of a service without template
  std::string text;                                         ///< of one with a template
  std::shared_ptr<const Rendering::Basis> basis = nullptr;  ///< of `text`
  std::uint64_t index = 0;  ///< of `instances`, in the registry's terms; 0: unknown

  /// Whether both would be served alike. Health does not count: HAProxy's own checks decide about that.
  bool same_content(const Look& other) const;
};

/// The registry and the proxy, as a watch needs them.
class Followed {
 public:
  virtual ~Followed() = default;
  /// The service as it is served; nullptr when it is not.
  virtual const model::Service* served(const std::string& name) const = 0;
  /// Whether this proxy wrote what is kept of the service: then it is the one to follow first.
  virtual bool leads(const std::string& name) const = 0;
  /// @param now what templates take for the present time
  virtual Task<Result<Look>> look(model::Definition definition, std::chrono::system_clock::time_point now,
                                  Deadline deadline) = 0;
  /// Completes when another look may show something else. @return Timeout; any other error: look again later.
  virtual Task<Result<>> changed(model::Definition definition, std::shared_ptr<const Look> look,
                                 Deadline deadline) = 0;
  /// Makes the proxy serve what the registry says now, and keeps that, unless another proxy has done so.
  virtual Task<Result<>> renew(std::string name) = 0;
};

/// Follows the registry for the services that ask for it (`watch`), each by a loop of its own: look, compare,
/// wait until it is quiet, renew, wait for the next change.
///
/// Of several proxies the one that wrote a service's record last follows first, the others a little later and
/// only if it does not: a reload costs more than a moment.
/// A look is compared with the last one of this proxy, and only the first one with what is served. So two
/// proxies whose templates or environments differ do not write their texts over each other's in turn: each
/// writes at most once for a change of the data.
class Watcher {
 public:
  /// `followed` must outlive the watcher.
  Watcher(Executor executor, Followed& followed, WatchSettings settings);
  ~Watcher();

  /// A service is served as `service` says from now on (nullptr: no more). Begins, replaces or ends its
  /// watch.
  void set(const std::string& name, const model::Service* service);
  /// Why services do not follow at present, by name. They are served as they were.
  std::map<std::string, std::string> problems() const;
  /// Ends all loops, and waits a moment for them.
  Task<> stop();

 private:
  struct Watch;
  using WatchPtr = std::shared_ptr<Watch>;
  Task<> run(WatchPtr watch);
  Task<Result<>> catch_up(WatchPtr watch);
  Task<Result<Look>> look(WatchPtr watch);
  Task<std::shared_ptr<const Look>> settle(WatchPtr watch, std::shared_ptr<const Look> look);
  Task<bool> wait_for_change(WatchPtr watch, std::shared_ptr<const Look> look, Deadline deadline);
  static Task<> signal_change(WatchPtr watch, Followed* followed, std::shared_ptr<const Look> look,
                              std::shared_ptr<bool> moved, Deadline deadline);
  static Task<> pause(WatchPtr watch, Clock::duration span);
  static void end(Watch& watch);
  void note(Watch& watch, const Result<>& done);
  void count_problems();

  Executor executor_;
  Followed& followed_;
  WatchSettings settings_;
  std::map<std::string, WatchPtr> watches_;
  metrics::Gauge& watch_count_;
  metrics::Gauge& problem_count_;
  TaskGroup loops_;
};

}  // namespace dfp::reconcile
