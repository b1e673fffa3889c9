#include "reconcile/health_follower.hpp"

#include <algorithm>

#include "base/log.hpp"

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

Task<> HealthFollower::follow() {
  std::uint64_t position = 0;
  auto pause = shared_.settings.retry_first;
  while (!shared_.stopping) {
    auto report = co_await shared_.catalog.health(position, Deadline::after(shared_.settings.watch_span));
    if (shared_.stopping) break;
    bool nothing_new = !report && report.error().code == Errc::Timeout;
    if (report) {
      position = report->index;
      pause = shared_.settings.retry_first;
      co_await apply(std::move(*report));
      co_await shared_.stopping_signal.wait(Deadline::after(kLeastPause));
    } else if (!nothing_new) {
      log::warn("reconcile.health_unknown", {{"error", report.error().what}});
      co_await shared_.stopping_signal.wait(Deadline::after(pause));
      pause = std::min(pause * 2, shared_.settings.retry_last);
    }
  }
}

Task<> HealthFollower::apply(registry::HealthReport report) {
  Findings findings(report.findings);
  auto lock = co_await shared_.turn.lock();
  model::Change change;
  for (const auto& [name, service] : shared_.state.services) {
    if (!differs(service, findings)) continue;
    auto next = service;
    for (auto& instance : next.instances) instance.health = findings.of(instance);
    change.emplace(name, std::move(next));
  }
  if (change.empty() || shared_.stopping) co_return;
  log::info("reconcile.health", {{"services", change.size()}, {"unwell", report.findings.size()}});
  auto applied = co_await shared_.driver.apply(change, Deadline::after(kApplyTime));
  if (!applied) {
    log::error("reconcile.health_unapplied", {{"error", applied.error().what}});
    co_return;
  }
  for (const auto& [name, service] : change) shared_.note_kept(name);
}

}  // namespace dfp::reconcile
