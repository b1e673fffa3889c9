#include "reconcile/store_follower.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "reconcile/origin.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;

constexpr auto kApplyTimeout = 30s;     ///< for a change of many services
constexpr auto kStoreTimeout = 5s;      ///< one read of the definition store
constexpr auto kOwnWritePause = 500ms;  ///< our own writes need no reading back at once
constexpr auto kLongestPause = 10s;     ///< a foreign write that hides behind them is seen by then
constexpr auto kOutOfStepLook = 1s;     ///< nobody reports own writes that bring the store in step
constexpr int kReadings = 3;            ///< before the turn is kept for one
constexpr int kReadCost = 50;           ///< reading back takes at most 1/50 of the time

}  // namespace

Task<> StoreFollower::follow() {
  auto pause = shared_.settings.retry_first;
  while (!shared_.stopping) {
    Result<> done;
    if (!shared_.away && parts_.losses.reads_again()) {
      co_await shared_.stopping_signal.wait(Deadline::after(ShrinkGuard::kConfirmAfter));
    } else if (!shared_.away) {
      auto moved = co_await shared_.store.wait(index_, next_look());
      if (shared_.stopping) break;
      // A foreign write may hide behind our own: read back, but not once for every change that we make
      // ourselves.
      bool own_only = moved && *moved == shared_.ledger.latest_own_write();
      auto own_pause = std::clamp<Clock::duration>(last_read_ * kReadCost, kOwnWritePause, kLongestPause);
      if (own_only) co_await shared_.stopping_signal.wait(Deadline::after(own_pause));
      if (!moved && moved.error().code != Errc::Timeout) done = std::unexpected(moved.error());
    }
    if (done) done = co_await synchronise(Deadline::after(kStoreTimeout));
    if (shared_.stopping) break;
    if (done) {
      if (shared_.away) log::info("reconcile.registry_back");
      shared_.away = false;
      pause = shared_.settings.retry_first;
      continue;
    }
    if (!shared_.away) log::warn("reconcile.registry_unavailable", {{"error", done.error().what}});
    shared_.away = true;
    co_await shared_.stopping_signal.wait(Deadline::after(pause));
    pause = std::min(pause * 2, shared_.settings.retry_last);
  }
}

/// At the latest; also when a service that the registry has lost was held for long enough.
Deadline StoreFollower::next_look() const {
  auto span = shared_.settings.watch_span;
  if (!synchronised_) span = std::min<std::chrono::milliseconds>(span, kOutOfStepLook);
  if (auto expiry = parts_.losses.next_expiry()) {
    auto left = *expiry - std::chrono::system_clock::now();
    span = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(left), 1ms, span);
  }
  return Deadline::after(span);
}

/// A registry that is behind what it told before, or acknowledged to us before it was asked, is not the one
/// that it was: it was made anew, and its numbers begin again. What is known by number means nothing in it.
Task<Result<registry::StoreSnapshot>> StoreFollower::load(Deadline deadline) {
  auto least = std::max(index_, shared_.ledger.latest_own_write());
  auto snapshot = co_await shared_.store.load(deadline);
  if (!snapshot || snapshot->index >= least) co_return std::move(snapshot);
  log::warn("reconcile.registry_reset", {{"index", snapshot->index}, {"known", least}});
  shared_.ledger.forget_numbers();
  index_ = 0;
  co_return std::move(snapshot);
}

/// Reads the store and prepares what it changes without holding up requests, then converges in turn. Where
/// somebody else has converged while this waited, what was read is older than what is served, and is read
/// again, in turn at last: nothing that was applied and kept is ever taken back.
Task<Result<>> StoreFollower::synchronise(Deadline deadline) {
  for (int attempt = 1;; ++attempt) {
    auto began = Clock::now();
    auto known = convergences_;
    auto claims_known = parts_.owners.claims_made();
    auto snapshot = co_await load(attempt == 1 ? deadline : Deadline::after(kStoreTimeout));
    if (!snapshot) co_return std::unexpected(snapshot.error());
    last_read_ = Clock::now() - began;
    co_await foreseen_.prepare(&*snapshot);
    auto lock = co_await shared_.turn.lock();
    if (shared_.stopping) co_return Result<>{};
    bool stale = convergences_ != known || (snapshot->blank && parts_.owners.claims_made() != claims_known);
    if (stale && attempt < kReadings) continue;
    if (stale) snapshot = co_await load(Deadline::after(kStoreTimeout));
    if (!snapshot) co_return std::unexpected(snapshot.error());
    if (!stale && parts_.owners.claims_made() != claims_known)
      snapshot->guards = parts_.owners.guards();  // ours are newer
    auto converged = co_await converge(std::move(*snapshot));
    if (converged && !knows_only_the_proxy()) synchronised_ = true;
    co_return converged;
  }
}

Task<Result<>> StoreFollower::converge(registry::StoreSnapshot snapshot) {
  ++convergences_;
  index_ = snapshot.index;
  parts_.owners.set_guards(snapshot.guards);
  if (snapshot.blank && !shared_.state.services.empty()) {
    if (!parts_.losses.is_blank()) {
      write_back_ = !shared_.ledger.unkept().empty();
      parts_.losses.note_blank(snapshot, shared_.state);
    }
    for (const auto& [name, service] : shared_.state.services) shared_.ledger.edit(name)->unkept = true;
    shared_.ledger.forget_versions();
    if (!write_back_) co_return Result<>{};
    co_return co_await parts_.writer.keep_again();
  }
  parts_.losses.note_not_blank();
  if (!snapshot.blank) shared_.last_known.forget_unreadable();
  model::Change change;
  bool readable = true;
  auto versions_before = shared_.ledger.versions();
  for (auto& [name, stored] : snapshot.services) {
    auto service = newer(stored, snapshot.index);
    if (service) change.emplace(name, std::move(service));
  }
  std::set<std::string> missing;
  for (const auto& [name, service] : shared_.state.services) {
    if (!shared_.agreed(name)) continue;
    const auto& record = shared_.ledger.of(name);
    bool gone = !snapshot.services.contains(name) && !snapshot.broken.contains(name) && !record.unkept;
    if (!gone || record.written_by_us_after(snapshot.index)) continue;
    if (record.is_lost(snapshot.index))
      shared_.ledger.edit(name)->lose();
    else
      missing.insert(name);
  }
  for (const auto& name : parts_.losses.judge(missing, snapshot, shared_.state.services.size()).drop)
    change.emplace(name, std::nullopt);
  for (const auto& [name, since] : parts_.losses.held())
    shared_.ledger.edit(name)->version.reset();  // an order writes it anew
  if (parts_.owners.disputed(change)) parts_.owners.settle(snapshot, &change);
  for (auto& [name, service] : change)
    if (service && !Origin::policy_of(service->changed_by).pins_instances)
      co_await parts_.contents.refresh(&*service, &readable, Deadline::after(kStoreTimeout));
  co_await render_unclaimed(&snapshot, &change, Deadline::after(kStoreTimeout));
  for (const auto& [name, reason] : snapshot.broken) shared_.ledger.edit(name)->quarantined = reason;
  for (const auto& [name, reason] : shared_.ledger.quarantined())
    if (!snapshot.broken.contains(name) && !snapshot.services.contains(name))
      shared_.ledger.edit(name)->quarantined.reset();
  foreseen_.drop_refusals(&change);
  for (const auto& [name, before] : shared_.ledger.overtaken()) change.emplace(name, before);
  if (change.empty()) co_return co_await parts_.writer.keep_again();
  co_await parts_.addresses.withdraw_taken(&change);
  for (const auto& [name, service] : change) {
    const auto* present = shared_.agreed(name);
    if (present == nullptr && !service) continue;
    if (!service || !present || present->definition != service->definition)
      shared_.orders.changed_elsewhere(name);
  }
  log::info("reconcile.converge", {{"services", change.size()}, {"index", snapshot.index}});
  auto applied = co_await apply_isolating(std::move(change));
  if (!applied) {
    shared_.ledger.set_versions(versions_before);  // the next reading finds the same changes again
    co_return applied;
  }
  co_return co_await parts_.writer.keep_again();
}

/// A text that no proxy has vouched for is never used: it is made anew from our own template, or the service
/// is not served.
Task<> StoreFollower::render_unclaimed(const registry::StoreSnapshot* snapshot, model::Change* change,
                                       Deadline deadline) {
  std::vector<std::string> names;
  for (const auto& [name, service] : *change)
    if (service && service->definition.has_template() && snapshot->services.at(name).age.unclaimed)
      names.push_back(name);
  for (const auto& name : names) {
    auto rendered = co_await parts_.contents.render(*change->at(name), deadline);
    if (rendered) {
      change->at(name) = std::move(*rendered);
      continue;
    }
    change->erase(name);
    shared_.quarantine(
        name, "written by somebody else, and its template cannot be rendered here: " + rendered.error().what);
  }
}

/// The stored service if it has to be applied; notes its version.
std::optional<model::Service> StoreFollower::newer(const registry::StoredService& stored,
                                                   std::uint64_t snapshot_index) {
  const auto& service = stored.service;
  const auto& name = service.definition.service;
  const auto& record = shared_.ledger.of(name);
  if (record.written_by_us_after(snapshot_index)) return std::nullopt;
  parts_.owners.note_age(name, stored.age);
  if (record.refused == stored.version) return std::nullopt;
  const auto* present = shared_.agreed(name);
  bool same_version = record.version == stored.version;
  // A registry that was made anew gives out the same versions again.
  bool as_stored =
      present && present->definition == service.definition && present->revision == service.revision;
  if (same_version && (as_stored || record.unkept)) return std::nullopt;
  // A write whose answer was lost, for example: what is served since then is newer.
  bool ours_is_newer = present && service.revision <= present->revision;
  if (record.unkept && ours_is_newer) {
    shared_.ledger.edit(name)->version = stored.version;
    return std::nullopt;
  }
  if (auto valid = model::validate(service.definition); !valid) {
    shared_.ledger.edit(name)->quarantined = valid.error().what;
    return std::nullopt;
  }
  shared_.ledger.edit(name)->keep(stored.version);
  return service;
}

Task<Result<>> StoreFollower::apply_isolating(model::Change change) {
  auto applied = co_await shared_.driver.apply(change, Deadline::after(kApplyTimeout));
  if (applied) {
    for (auto& [name, service] : change) {
      if (!service) shared_.ledger.edit(name)->version.reset();
      auto taken_back = std::exchange(shared_.ledger.edit(name)->overtaken, nullptr);
      if (taken_back && *taken_back == service) continue;  // nothing new was heard of it
      parts_.losses.note_known(name);
      shared_.note_kept(name);
    }
    co_return Result<>{};
  }
  if (!is_refusal(applied.error())) co_return std::unexpected(applied.error());
  if (change.size() == 1) {
    shared_.note_refused(change.begin()->first, applied.error().what);
    co_return Result<>{};
  }
  model::Change second_half;
  for (auto half = change.size() / 2; half > 0; --half)
    second_half.insert(change.extract(std::prev(change.end())));
  auto first = co_await apply_isolating(std::move(change));
  if (!first) co_return first;
  co_return co_await apply_isolating(std::move(second_half));
}

/// Neither the registry nor the last known state has told anything: only the proxy itself says what it
/// serves.
bool StoreFollower::knows_only_the_proxy() const {
  return parts_.losses.is_blank() && std::ranges::all_of(shared_.state.services, [](const auto& s) {
           return Origin::kind_of(s.second.changed_by) == Origin::Kind::Found;
         });
}

}  // namespace dfp::reconcile
