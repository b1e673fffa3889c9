// The registry's health checks in place of HAProxy's: pins stay as they are, only their health follows.
#include <algorithm>

#include "base/log.hpp"
#include "reconcile/reconciler_impl.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;

constexpr auto kLeastPause = 200ms;  ///< between two reports: a flapping check must not keep us busy
constexpr auto kApplyTime = 10s;

using Finding = registry::HealthReport::Finding;

/// The worst finding about an instance or about everything on its node.
class Findings {
 public:
  explicit Findings(const std::vector<Finding>& findings) {
    for (const auto& finding : findings) {
      auto& health = worst_[{finding.node, finding.id}];
      health = std::max(health, finding.health);
    }
  }
  model::Health of(const model::Instance& instance) const {
    return std::max(at(instance.node, ""), at(instance.node, instance.id));
  }

 private:
  model::Health at(const std::string& node, const std::string& id) const {
    auto found = worst_.find({node, id});
    return found == worst_.end() ? model::Health::Passing : found->second;
  }
  std::map<std::pair<std::string, std::string>, model::Health> worst_;
};

bool differs(const model::Service& service, const Findings& findings) {
  return std::ranges::any_of(service.instances,
                             [&](const auto& instance) { return findings.of(instance) != instance.health; });
}

}  // namespace

Task<> Reconciler::Impl::follow_health() {
  std::uint64_t position = 0;
  auto pause = settings.retry_first;
  while (!stopping) {
    auto report = co_await catalog.health(position, Deadline::after(settings.watch_span));
    if (stopping) break;
    bool nothing_new = !report && report.error().code == Errc::Timeout;
    if (report) {
      position = report->index;
      pause = settings.retry_first;
      co_await apply_health(std::move(*report));
      co_await stopping_signal.wait(Deadline::after(kLeastPause));
    } else if (!nothing_new) {
      log::warn("reconcile.health_unknown", {{"error", report.error().what}});
      co_await stopping_signal.wait(Deadline::after(pause));
      pause = std::min(pause * 2, settings.retry_last);
    }
  }
}

/// Not stored: health is no part of what was asked for, and every proxy sees it for itself.
Task<> Reconciler::Impl::apply_health(registry::HealthReport report) {
  Findings findings(report.findings);
  auto lock = co_await turn.lock();
  model::Change change;
  for (const auto& [name, service] : state.services) {
    if (!differs(service, findings)) continue;
    auto next = service;
    for (auto& instance : next.instances) instance.health = findings.of(instance);
    change.emplace(name, std::move(next));
  }
  if (change.empty() || stopping) co_return;
  log::info("reconcile.health", {{"services", change.size()}, {"unwell", report.findings.size()}});
  auto applied = co_await driver.apply(change, Deadline::after(kApplyTime));
  if (!applied) {
    log::error("reconcile.health_unapplied", {{"error", applied.error().what}});
    co_return;
  }
  for (const auto& [name, service] : change) note_kept(name);
}

}  // namespace dfp::reconcile
