#include "reconcile/losses.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "reconcile/change_time.hpp"

namespace dfp::reconcile {

Losses::Losses(Shared& shared)
    : shared_(shared),
      guard_(shared.settings.shrink_hold),
      held_count_(metrics::process_registry().gauge(
          "dfp_registry_held_services", "Services that the registry has lost and that keep being served.")) {}

ShrinkGuard::Verdict Losses::judge(const std::set<std::string>& missing,
                                   const registry::StoreSnapshot& snapshot, std::size_t served) {
  auto now = std::chrono::system_clock::now();
  std::set<std::string> found;
  for (const auto& [name, from] : shared_.ledger.sources())
    if (from == StartSource::Proxy) found.insert(name);
  auto verdict = guard_.judge({missing, snapshot.removed, served, std::move(found)}, now);
  read_again_ = verdict.read_again;
  if (read_again_) log::warn("reconcile.shrink_doubted", {{"missing", missing.size()}, {"served", served}});
  for (const auto& name : verdict.newly_held)
    log::error("reconcile.service_held", {{"service", name},
                                          {"until", change_time(guard_.until(now))},
                                          {"why", "the registry has lost it; remove or reconfigure it"}});
  for (const auto& name : verdict.expired) log::error("reconcile.hold_ended", {{"service", name}});
  if (!verdict.newly_held.empty())
    log::error("reconcile.registry_shrank", {{"held", guard_.held().size()}, {"served", served}});
  report();
  return verdict;
}

/// Not even the store's own marker is left: a lost token or a wiped registry, not the wish to stop serving.
void Losses::note_blank(const registry::StoreSnapshot& snapshot, const model::DesiredState& served) {
  blank_ = snapshot.blank && !served.services.empty();
  if (!blank_) return;
  log::error("reconcile.store_blank", {{"kept_services", served.services.size()}});
  for (const auto& [name, service] : served.services) shared_.ledger.edit(name)->unkept = true;
}

void Losses::report() {
  std::map<std::string, std::string> held;
  for (const auto& [name, since] : guard_.held()) held.emplace(name, change_time(since));
  held_count_.set(static_cast<double>(held.size()));
  shared_.last_known.set_held(std::move(held));
}

void Losses::note_known(const std::string& name) {
  shared_.ledger.edit(name)->source.reset();
  guard_.forget(name);
  report();
}

bool Losses::is_kept(const std::string& name) const {
  return shared_.ledger.of(name).is_kept() && !guard_.held().contains(name);
}

std::map<std::string, std::string> Losses::reasons() const {
  std::map<std::string, std::string> reasons;
  for (const auto& [name, from] : shared_.ledger.sources())
    reasons[name] = from == StartSource::Proxy
                        ? "found in the running HAProxy; the registry has not said what it is"
                        : "served from the last known state";
  for (const auto& name : shared_.ledger.unkept())
    reasons[name] = blank_ ? "the registry is blank; written back with the next change"
                           : "not written to the registry yet";
  for (const auto& [name, since] : guard_.held())
    reasons[name] = fmt::format(
        "lost by the registry, seen at {}; served until {} unless it is removed, reconfigured or registered "
        "again",
        change_time(since), change_time(guard_.until(since)));
  std::erase_if(reasons, [&](const auto& entry) { return !shared_.state.services.contains(entry.first); });
  return reasons;
}

}  // namespace dfp::reconcile
