#pragma once
#include <map>
#include <set>
#include <string>

#include "metrics/metrics.hpp"

namespace dfp::docker::discovery {

/// What Prometheus is told of a follower.
class Counters {
 public:
  explicit Counters(metrics::Registry& registry)
      : registry_(registry),
        problems_(registry.gauge("dfp_docker_label_problems",
                                 "Services whose labels or replicas cannot be followed.")),
        away_(registry.gauge("dfp_docker_engine_away", "1 while the Docker Engine cannot be read.")) {}

  void set_away(bool away) { away_.set(away ? 1 : 0); }

  /// @param problems service name -> reason, "label com.df.port: …" where it is a label's
  void set_problems(const std::map<std::string, std::string>& problems) {
    std::set<metrics::Labels> now;
    for (const auto& [service, reason] : problems)
      now.insert(metrics::Labels{{"service", service}, {"label", label_in(reason)}});
    for (const auto& gone : shown_)
      if (!now.contains(gone)) registry_.remove_gauge(kProblem, gone);
    for (const auto& labels : now)
      registry_.gauge(kProblem, "1 while this service cannot be followed.", labels).set(1);
    shown_ = std::move(now);
    problems_.set(static_cast<double>(problems.size()));
  }

 private:
  static constexpr auto kProblem = "dfp_docker_label_problem";

  /// "label com.df.port: …" -> "com.df.port"; empty when no single label is to blame.
  static std::string label_in(const std::string& reason) {
    constexpr std::string_view kLabel = "label ";
    if (!reason.starts_with(kLabel)) return {};
    return reason.substr(kLabel.size(), reason.find(':') - kLabel.size());
  }

  metrics::Registry& registry_;
  metrics::Gauge& problems_;
  metrics::Gauge& away_;
  std::set<metrics::Labels> shown_;
};

}  // namespace dfp::docker::discovery
