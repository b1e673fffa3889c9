// What is served although the registry does not have it: why, and since when.
#include <fmt/format.h>

#include "base/log.hpp"
#include "reconcile/change_time.hpp"
#include "reconcile/reconciler_impl.hpp"

namespace dfp::reconcile {

ShrinkGuard::Verdict Reconciler::Impl::judge(const std::set<std::string>& missing,
                                             const registry::StoreSnapshot& snapshot, std::size_t served) {
  auto now = std::chrono::system_clock::now();
  std::set<std::string> found;
  for (const auto& [name, from] : ledger.sources())
    if (from == StartSource::Proxy) found.insert(name);
  auto verdict = guard.judge({missing, snapshot.removed, served, std::move(found)}, now);
  read_again = verdict.read_again;
  if (read_again) log::warn("reconcile.shrink_doubted", {{"missing", missing.size()}, {"served", served}});
  for (const auto& name : verdict.newly_held)
    log::error("reconcile.service_held", {{"service", name},
                                          {"until", change_time(guard.until(now))},
                                          {"why", "the registry has lost it; remove or reconfigure it"}});
  for (const auto& name : verdict.expired) log::error("reconcile.hold_ended", {{"service", name}});
  if (!verdict.newly_held.empty())
    log::error("reconcile.registry_shrank", {{"held", guard.held().size()}, {"served", served}});
  report_kept();
  return verdict;
}

/// Not even the store's own marker is left: a lost token or a wiped registry, not the wish to stop serving.
void Reconciler::Impl::note_blank(const registry::StoreSnapshot& snapshot,
                                  const model::DesiredState& served) {
  blank_reported = snapshot.blank && !served.services.empty();
  if (!blank_reported) return;
  log::error("reconcile.store_blank", {{"kept_services", served.services.size()}});
  for (const auto& [name, service] : served.services) ledger.edit(name)->unkept = true;
}

void Reconciler::Impl::report_kept() {
  std::map<std::string, std::string> held;
  for (const auto& [name, since] : guard.held()) held.emplace(name, change_time(since));
  held_count.set(static_cast<double>(held.size()));
  last_known.set_held(std::move(held));
}

/// The registry has it as it is served, or it is served no more.
void Reconciler::Impl::note_known(const std::string& name) {
  ledger.edit(name)->source.reset();
  guard.forget(name);
  report_kept();
}

std::map<std::string, std::string> Reconciler::kept() const {
  std::map<std::string, std::string> reasons;
  for (const auto& [name, from] : impl_->ledger.sources())
    reasons[name] = from == StartSource::Proxy
                        ? "found in the running HAProxy; the registry has not said what it is"
                        : "served from the last known state";
  for (const auto& name : impl_->ledger.unkept())
    reasons[name] = impl_->blank_reported ? "the registry is blank; written back with the next change"
                                          : "not written to the registry yet";
  for (const auto& [name, since] : impl_->guard.held())
    reasons[name] = fmt::format(
        "lost by the registry, seen at {}; served until {} unless it is removed, reconfigured or registered "
        "again",
        change_time(since), change_time(impl_->guard.until(since)));
  std::erase_if(reasons, [&](const auto& entry) { return !impl_->state.services.contains(entry.first); });
  return reasons;
}

std::map<std::string, std::string> Reconciler::withdrawn() const {
  std::map<std::string, std::string> reasons;
  for (const auto& [name, instances] : impl_->withdrawals.all()) {
    std::string text;
    for (const auto& instance : instances) {
      const auto* other = impl_->owners.taken_by(instance);
      text += fmt::format(
          "{}{} at {}:{}, {}", text.empty() ? "" : "; ", instance.id, instance.address, instance.port,
          other ? "which is of service " + other->service + " now" : "which was another one's");
    }
    reasons[name] = std::move(text);
  }
  return reasons;
}

}  // namespace dfp::reconcile
