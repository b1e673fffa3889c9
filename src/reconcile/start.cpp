#include "reconcile/start.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "reconcile/change_time.hpp"
#include "reconcile/origin.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;

constexpr auto kStartTimeout = 30s;        ///< for the proxy to come up with the whole state
constexpr auto kForATemplate = 1s;         ///< and so much more for the check of each
constexpr auto kFirstReadTime = 5s;        ///< one read of the definition store
constexpr std::size_t kCatalogReads = 16;  ///< at once, when all services are recovered

void log_sources(const KnownState& known, const Result<registry::StoreSnapshot>& snapshot) {
  std::size_t last_known = 0;
  for (const auto& [name, from] : known.taken_from) last_known += from == StartSource::LastKnown;
  auto found = known.taken_from.size() - last_known;
  if (known.taken_from.empty() && snapshot) return;
  log::warn("reconcile.start_without_registry", {{"registry", !snapshot         ? snapshot.error().what
                                                              : snapshot->blank ? "is blank"
                                                                                : "lacks services"},
                                                 {"from_last_known", last_known},
                                                 {"from_haproxy", found}});
}

Deadline start_deadline(const model::DesiredState& state) {
  auto has_template = [](const auto& entry) { return !entry.second.rendered.empty(); };
  return Deadline::after(kStartTimeout + kForATemplate * std::ranges::count_if(state.services, has_template));
}

/// What the proxy serves goes on, but for what it would not be given again (its permission was taken away,
/// say).
Task<Result<>> start_with_found(ProxyDriver* driver, model::DesiredState found) {
  for (;;) {
    auto started = co_await driver->start(found, start_deadline(found));
    if (started || started.error().code != Errc::Rejected || found.services.empty()) co_return started;
    auto unfit = driver->unfit();
    auto before = found.services.size();
    for (const auto& [name, reason] : unfit) found.services.erase(name);
    if (found.services.size() == before) found.services.clear();  // it is not known which
  }
}

}  // namespace

Result<LastKnownState> Start::read_last_known() {
  auto known = shared_.last_known.load();
  if (!known) {
    if (known.error().code != Errc::NotFound)
      log::error("reconcile.last_known_unreadable", {{"error", known.error().what}});
    return known;
  }
  for (const auto& [name, reason] : known->broken)
    log::warn("reconcile.last_known_broken", {{"service", name}, {"error", reason}});
  std::map<std::string, ShrinkGuard::Time> held;
  for (const auto& [name, since] : known->held) held.emplace(name, parse_change_time(since));
  parts_.losses.resume(std::move(held));
  return known;
}

/// What the registry does not have is kept, or not: as while the proxy runs. @return false where the registry
/// has to be read again first.
bool Start::settle_missing(KnownState& known, const registry::StoreSnapshot& snapshot) {
  if (snapshot.blank || shared_.settings.accept_registry) return true;
  shared_.ledger.set_sources(known.taken_from);
  auto verdict = parts_.losses.judge(known.missing, snapshot, known.wanted.services.size());
  if (verdict.read_again) return false;
  for (const auto& name : verdict.drop) {
    known.wanted.services.erase(name);
    known.taken_from.erase(name);
  }
  return true;
}

/// @param sources all but the registry; the caller's, which awaits it.
Task<KnownState> Start::known_at_start(StartSources* sources, Result<registry::StoreSnapshot>* snapshot) {
  for (;;) {
    *snapshot = co_await shared_.store.load(Deadline::after(kFirstReadTime));
    sources->registry = *snapshot ? &**snapshot : nullptr;
    auto known = combine(*sources);
    if (!*snapshot || settle_missing(known, **snapshot)) co_return known;
    co_await shared_.stopping_signal.wait(Deadline::after(ShrinkGuard::kConfirmAfter));
  }
}

void Start::drop_unclaimed_texts(model::DesiredState* recovered) {
  for (const auto& [name, reason] : shared_.ledger.not_refreshed()) {
    auto found = recovered->services.find(name);
    const auto& record = shared_.ledger.of(name);
    if (found == recovered->services.end() || record.claimed || record.source) continue;
    if (!found->second.definition.has_template()) continue;
    shared_.quarantine(name, "written by somebody else, and its template cannot be rendered here: " + reason);
    recovered->services.erase(found);
  }
}

Task<Result<>> Start::run() {
  StartSources sources;
  sources.accept_registry = shared_.settings.accept_registry;
  auto found = co_await shared_.driver.found(Deadline::after(kStartTimeout));
  if (!found) co_return std::unexpected(found.error());
  sources.found = std::move(*found);
  if (auto last = read_last_known()) sources.last_known = std::move(*last);
  Result<registry::StoreSnapshot> snapshot;
  auto known = co_await known_at_start(&sources, &snapshot);
  log_sources(known, snapshot);
  shared_.ledger.set_versions({known.versions.begin(), known.versions.end()});
  shared_.ledger.set_sources(known.taken_from);
  if (snapshot) {
    parts_.store.note_started(snapshot->index);
    parts_.owners.set_guards(snapshot->guards);
    parts_.owners.settle_start(known, *snapshot);
    co_await recover(&known.wanted, Deadline::after(kStartTimeout));
    parts_.losses.note_blank(*snapshot, known.wanted);
    if (!snapshot->blank) shared_.last_known.forget_unreadable();
  }
  auto started = co_await serve_first(std::move(known), std::move(sources));
  if (!started) co_return started;
  shared_.away = !snapshot;
  co_return Result<>{};
}

/// @return whether the driver could say which services kept it from starting; they are out of `wanted` then
bool Start::set_unfit_aside(model::DesiredState* wanted) {
  auto unfit = shared_.driver.unfit();
  for (const auto& [name, reason] : unfit) {
    shared_.note_refused(name, reason);
    wanted->services.erase(name);
  }
  return !unfit.empty();
}

Task<Result<>> Start::serve_first(KnownState known, StartSources sources) {
  auto as_stored = shared_.ledger.not_refreshed();
  auto started = co_await shared_.driver.start(known.wanted, start_deadline(known.wanted));
  // Where HAProxy serves already, a second start without them would take them out for a moment.
  bool some_unfit = !started && sources.found.services.empty() && set_unfit_aside(&known.wanted);
  if (some_unfit) started = co_await shared_.driver.start(known.wanted, start_deadline(known.wanted));
  if (started) {
    for (const auto& [name, service] : known.wanted.services) shared_.note_kept(name);
    if (some_unfit) co_await serve_last_good(std::move(sources.last_known.state));
  } else if (started.error().code == Errc::Rejected && !known.wanted.services.empty()) {
    started = co_await start_isolating(std::move(known.wanted), std::move(sources));
  }
  if (!started) co_return started;
  for (const auto& [name, reason] : as_stored) shared_.ledger.edit(name)->not_refreshed = reason;
  for (const auto& [name, reason] : known.set_aside) shared_.ledger.edit(name)->quarantined = reason;
  parts_.store.set_synchronised(known.in_step);
  parts_.losses.report();
  co_return Result<>{};
}

/// The services with the instances of the present catalog: containers may have moved while no proxy ran. Pins
/// are kept where the catalog cannot be read or suddenly knows none. What was found in the proxy stays as it
/// is: it does not tell under which name its instances are registered.
Task<> Start::recover(model::DesiredState* wanted, Deadline deadline) {
  std::vector<model::Service*> services;
  for (auto& [name, service] : wanted->services)
    if (Origin::kind_of(service.changed_by) != Origin::Kind::Found) services.push_back(&service);
  bool readable = true;
  auto refresh_one = [&](std::size_t n) { return parts_.contents.refresh(services[n], &readable, deadline); };
  co_await for_each_concurrently(services.size(), kCatalogReads, refresh_one);
  drop_unclaimed_texts(wanted);
  co_await parts_.addresses.settle(wanted, deadline);
}

/// A service cannot be rendered any more: finds it, and serves all others. What the proxy serves already goes
/// on meanwhile.
Task<Result<>> Start::start_isolating(model::DesiredState wanted, StartSources sources) {
  auto started = co_await start_with_found(&shared_.driver, std::move(sources.found));
  if (!started) co_return started;
  model::Change all;
  for (const auto& [name, service] : shared_.state.services) {
    shared_.note_kept(name);
    all.emplace(name, std::nullopt);
  }
  for (auto& [name, service] : wanted.services) all.insert_or_assign(name, std::move(service));
  auto applied = co_await parts_.store.apply_isolating(std::move(all));
  if (applied) co_await serve_last_good(std::move(sources.last_known.state));
  co_return applied;
}

/// Of services whose stored definition the proxy refuses, and which it does not serve: what was served last.
Task<> Start::serve_last_good(model::DesiredState last) {
  for (const auto& [name, reason] : shared_.ledger.quarantined()) {
    auto known = last.services.find(name);
    if (shared_.state.services.contains(name)) shared_.ledger.edit(name)->source = StartSource::Proxy;
    if (known == last.services.end() || shared_.state.services.contains(name)) continue;
    model::Change change;
    change.emplace(name, std::move(known->second));
    auto applied = co_await shared_.driver.apply(std::move(change), Deadline::after(kStartTimeout));
    if (!applied) continue;
    shared_.note_kept(name);
    shared_.ledger.edit(name)->source = StartSource::LastKnown;
    shared_.ledger.edit(name)->quarantined = reason;
  }
}

}  // namespace dfp::reconcile
