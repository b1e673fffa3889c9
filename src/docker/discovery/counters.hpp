#pragma once
#include <map>
#include <string>

#include "metrics/metrics.hpp"

namespace dfp::docker::discovery {

/// What Prometheus is told of a follower.
class Counters {
 public:
  explicit Counters(metrics::Registry& registry)
      : registry_(registry),
        problems_(registry.gauge("dfp_docker_label_problems",
                                 "Services whose labels or copies cannot be followed.")),
        away_(registry.gauge("dfp_docker_engine_away", "1 while the Docker Engine cannot be read.")) {}

  void set_away(bool away) { away_.set(away ? 1 : 0); }

  /// @param problems service name -> reason, "label com.df.port: …" where it is a label's
  void set_problems(const std::map<std::string, std::string>& problems) {
    for (auto& [key, gauge] : shown_) gauge->set(0);
    for (const auto& [service, reason] : problems) show(service, label_in(reason)).set(1);
    problems_.set(static_cast<double>(problems.size()));
  }

 private:
  /// "label com.df.port: …" -> "com.df.port"; empty when no single label is to blame.
  static std::string label_in(const std::string& reason) {
    constexpr std::string_view kLabel = "label ";
    if (!reason.starts_with(kLabel)) return {};
    return reason.substr(kLabel.size(), reason.find(':') - kLabel.size());
  }

  metrics::Gauge& show(const std::string& service, const std::string& label) {
    auto& gauge = shown_[{service, label}];
    if (!gauge)
      gauge = &registry_.gauge("dfp_docker_label_problem", "1 while this service cannot be followed.",
                               {{"service", service}, {"label", label}});
    return *gauge;
  }

  metrics::Registry& registry_;
  metrics::Gauge& problems_;
  metrics::Gauge& away_;
  std::map<std::pair<std::string, std::string>, metrics::Gauge*> shown_;
};

}  // namespace dfp::docker::discovery
