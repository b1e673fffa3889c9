#pragma once
#include <optional>
#include <string>

#include "base/deadline.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "haproxy/config/settings.hpp"
#include "haproxy/process/program.hpp"
#include "metrics/metrics.hpp"

namespace dfp::haproxy {

/// Lets a HAProxy that is held in (process/confined.hpp) check a configuration, and remembers how it is held
/// in here: that depends on who started us and on what the container lets us do. Says so once in the log and
/// in a metric. Each check starts a process (50 ms). From the executor; checks may run side by side.
class TemplateCheck {
 public:
  /// @param settings outlives it
  TemplateCheck(Executor executor, const Settings& settings, metrics::Registry& registry);

  /// Once after the start, so that an operator knows before the first template: checks an empty
  /// configuration.
  Task<> find_out(Deadline deadline);
  /// @return Rejected with HAProxy's reasons; Unavailable where it cannot be confined and the settings want
  /// that, with what is missing and the way out; Timeout.
  Task<Result<>> check(std::string config, Deadline deadline);
  /// For people: "confined: seccomp, landlock 6, ..."; "unknown yet" before the first check.
  std::string text() const;

 private:
  process::Confinement confinement() const;
  void note(const process::Held& held);

  Executor executor_;
  const Settings& settings_;
  metrics::Gauge& confined_;
  std::optional<process::Held> held_;  ///< of the last check
};

}  // namespace dfp::haproxy
