#include <algorithm>

#include "base/log.hpp"
#include "haproxy/driver/driver_impl.hpp"
#include "haproxy/process/process_handle.hpp"
#include "haproxy/runtime/commands.hpp"
#include "haproxy/state/server_counts.hpp"

namespace dfp::haproxy {
using namespace std::chrono_literals;
namespace {

constexpr auto kCleanupPause = 20ms;     // clients do not see it; a following change does it earlier
constexpr auto kFilesPause = 100ms;      // the files follow a change within twice this
constexpr auto kLongestFilesPause = 5s;  // where they cannot be written
constexpr auto kWatchInterval = 1s;      // is it still our worker
constexpr auto kDriftInterval = 3s;      // does it hold what it should
constexpr int kDriftCost = 100;          // a check may take 1/100 of the time
constexpr auto kCommandTime = 10s;
constexpr auto kReloadTime = 60s;
constexpr auto kQuietTime = 500ms;  // without changes, before spares are refilled
constexpr std::size_t kDeletionsAtOnce = 50;

std::set<std::string> backends_of(const std::vector<LeavingServers::Leaving>& servers) {
  std::set<std::string> backends;
  for (const auto& one : servers) backends.insert(one.backend);
  return backends;
}

}  // namespace

void Driver::Impl::spawn_background() {
  auto self = shared_from_this();
  tasks.spawn(supervise(self), "haproxy.supervise");
  tasks.spawn(follow_log(self), "haproxy.follow_log");
  tasks.spawn(write_files(self), "haproxy.write_files");
  tasks.spawn(delete_leaving_servers(self), "haproxy.delete_servers");
  tasks.spawn(watch_worker(self), "haproxy.watch_worker");
  tasks.spawn(follow_names(self), "haproxy.follow_names");
  tasks.spawn(find_out_about_confinement(self), "haproxy.find_out_about_confinement");
  tasks.spawn(watch_silence(self), "haproxy.watch_silence");
  tasks.spawn(follow_health(self), "haproxy.follow_health");
  tasks.spawn(traffic.run(self, stop_signal, stopping), "haproxy.follow_traffic");
  spawn(executor, prober.run(), "haproxy.prober");
  spawn(executor, process::reap_orphans(executor), "haproxy.reap_orphans");
}

Task<> Driver::Impl::find_out_about_confinement(Self self) {
  co_await self->template_check.find_out(Deadline::after(kCommandTime));
}

Task<> Driver::Impl::clean_up_soon(Self self) {
  co_await self->stop_signal.wait(Deadline::after(kCleanupPause));
  auto lock = co_await self->turn.lock();
  if (self->stopping || self->cleanup.empty()) co_return;
  auto done = co_await self->finish_cleanup(Deadline::after(kCommandTime));
  if (!done) log::warn("haproxy.cleanup_failed", {{"error", done.error().what}});
}

Task<> Driver::Impl::write_files(Self self) {
  auto pause = Clock::duration(kFilesPause);
  while (!self->stopping) {
    if (!self->files_stale) co_await self->files_signal.wait(Deadline::never());
    if (!self->stopping) co_await self->stop_signal.wait(Deadline::after(pause));
    auto written = co_await self->write_files_now();
    pause = written ? kFilesPause : std::min<Clock::duration>(pause * 2, kLongestFilesPause);
  }
}

Task<bool> Driver::Impl::write_files_now() {
  auto lock = co_await turn.lock();  // not amid a change
  auto files_lock = co_await files_turn.lock();
  if (!files_stale || !base) co_return true;
  files_stale = false;
  auto number = ++generation;
  auto rendered = applied_state.render(*base, surroundings.certificates, number);
  lock = {};
  if (!rendered) {
    log::error("haproxy.files_failed", {{"error", rendered.error().what}});
    co_return true;
  }
  auto write = [this, number, set = std::move(*rendered)]() -> Result<> {
    auto file = files.write(number, set);
    if (!file) return std::unexpected(file.error());
    if (auto active = files.activate(number); !active) {
      files.remove(number);
      return active;
    }
    files.remove_all_but(number);
    return {};
  };
  auto written = co_await pool.run(std::move(write));
  if (!written) {
    files_stale = true;
    log::error("haproxy.files_failed", {{"error", written.error().what}});
  }
  co_return written.has_value();
}

Task<> Driver::Impl::delete_leaving_servers(Self self) {
  while (!self->stopping) {
    auto next = self->backend_pool.next_due();
    if (next > Clock::now()) co_await self->leaving_signal.wait(Deadline{next});
    if (self->stopping) co_return;
    auto lock = co_await self->turn.lock();
    co_await self->delete_due_servers();
    co_await self->delete_surplus_backends();
  }
}

Task<> Driver::Impl::delete_due_servers() {
  auto due = backend_pool.leaving().due(Clock::now(), kDeletionsAtOnce);
  if (due.empty() || !master.running()) co_return;
  std::vector<std::string> commands;
  for (const auto& [backend, server] : due) {
    commands.push_back(runtime::set_server_state(backend, server, "maint"));
    commands.push_back(runtime::del_server(backend, server));
  }
  // The next service in this backend gets none of this one's traffic.
  for (const auto& backend : backends_of(due)) commands.push_back(runtime::show_traffic(backend));
  auto replies = co_await link.ask(std::move(commands), Deadline::after(kCommandTime));
  if (!replies) co_return;  // the watch sees to it
  traffic.take_freed({replies->begin() + static_cast<std::ptrdiff_t>(2 * due.size()), replies->end()});
  for (std::size_t i = 0; i < due.size(); ++i) {
    const auto& reply = (*replies)[2 * i + 1];
    if (reply.contains(runtime::kServerDeleted) || reply.contains(runtime::kNoSuchServer))
      backend_pool.left(due[i].backend, due[i].server);
  }
  update_gauges();
}

Task<> Driver::Impl::delete_surplus_backends() {
  auto surplus = backend_pool.surplus(Clock::now(), kDeletionsAtOnce);
  if (surplus.empty() || !master.running()) co_return;
  std::vector<std::string> commands;
  for (const auto& backend : surplus) {
    commands.push_back(runtime::unpublish_backend(backend));
    commands.push_back(runtime::del_backend(backend));
  }
  auto replies = co_await link.ask(std::move(commands), Deadline::after(kCommandTime));
  if (!replies) co_return;  // the watch sees to it
  for (std::size_t i = 0; i < surplus.size(); ++i) {
    const auto& reply = (*replies)[2 * i + 1];
    if (reply.contains(runtime::kBackendDeleted) || reply.contains(runtime::kNoSuchBackend))
      backend_pool.deleted(surplus[i]);
  }
  update_gauges();
}

Task<> Driver::Impl::watch_worker(Self self) {
  auto next_drift_check = Clock::now() + kDriftInterval;
  while (!self->stopping) {
    co_await self->check_signal.wait(Deadline::after(kWatchInterval));
    if (self->stopping) co_return;
    auto begin = Clock::now();
    bool thoroughly = self->suspect || begin >= next_drift_check;
    co_await self->check_worker(thoroughly);
    auto took = Clock::now() - begin;
    if (thoroughly)
      next_drift_check = Clock::now() + std::max<Clock::duration>(kDriftInterval, took * kDriftCost);
    co_await self->refill_spares();
    co_await self->complete_start();
    self->update_gauges();
  }
}

Task<> Driver::Impl::check_worker(bool thoroughly) {
  if (!master.running()) co_return;
  auto deadline = Deadline::after(kCommandTime);
  auto seen_changes = changes;
  auto session = co_await master.open_session(deadline);
  if (!session) co_return;  // supervise() sees a death
  if (!thoroughly) {
    auto reply = co_await (*session)->ask("show info", deadline);
    auto info = runtime::parse_info(reply.value_or(""));
    if (!info || info->pid == master.worker()) co_return;
  }
  auto live = co_await read_live_state(std::move(*session), deadline);
  if (!live) co_return;
  // Read beside other work: only a picture without a change in it counts, and a difference is looked at
  // again.
  bool quiet = seen_changes == changes && cleanup.empty();
  if (!quiet && !suspect && live->info.pid == master.worker()) co_return;
  if (quiet) {
    auto counts = count_servers(*live, applied_state, backend_pool);
    counters.servers_up.set(static_cast<double>(counts.up));
    counters.services_without_server.set(static_cast<double>(counts.services_without_server));
  }
  if (!suspect && live->info.pid == master.worker() &&
      make_repair(*live, applied_state, backend_pool, settings, unfinished_of(*live)).found.empty())
    co_return;
  auto lock = co_await turn.lock();
  if (stopping || !master.running()) co_return;
  auto clean = co_await finish_cleanup(deadline);
  session = co_await master.open_session(deadline);
  if (!clean || !session) co_return;
  live = co_await read_live_state(std::move(*session), deadline);
  if (!live) co_return;
  auto differences =
      make_repair(*live, applied_state, backend_pool, settings, unfinished_of(*live)).found.size();
  if (differences == 0 && live->info.pid == master.worker()) co_return;
  auto unfinished = unfinished_of(*live);
  auto repaired = co_await repair_from(std::move(*live), unfinished, "drift", deadline);
  if (repaired)
    counters.drift_repairs.add(differences);
  else
    log::error("haproxy.repair_failed", {{"error", repaired.error().what}});
}

/// Makes new spare backends by a reload that nobody waits for: when half are used, in a quiet moment; when
/// few are left, at once.
Task<> Driver::Impl::refill_spares() {
  bool few = false;
  bool urgent = false;
  for (auto profile : config::kProfiles) {
    auto wanted = config::spare_count(settings, profile);
    auto free = backend_pool.free_count(profile);
    few = few || free * 2 < wanted;
    urgent = urgent || free * 4 < wanted;
  }
  bool quiet = Clock::now() - committed_at > kQuietTime;
  if (!reload_is_due() || stopping || !master.running() || !few || !(urgent || quiet)) co_return;
  auto lock = co_await turn.lock();
  auto done = co_await reload("spares", "few spare backends are left", true, Deadline::after(kReloadTime));
  if (!done) log::error("haproxy.refill_failed", {{"error", done.error().what}});
}

/// HAProxy was started from files that say something else than what it is to serve, or without what kept it
/// from starting.
Task<> Driver::Impl::complete_start() {
  if (!(left_out.from_old_files || left_out.is_due()) || stopping || !master.running()) co_return;
  auto lock = co_await turn.lock();
  if (!left_out.from_old_files && !left_out.any()) co_return;
  auto running = base;
  left_out.begin_try();
  base.reset();
  Result<> done;
  {  // those whose ports are still taken; the reload reserves them again
    auto free = co_await left_out.claim();
    if (!free) done = std::unexpected(free.error());
  }
  bool worth_it = left_out.from_old_files || left_out.is_better();
  if (done && worth_it)
    done = co_await reload("repair", "not all was loaded at its start", true, Deadline::after(kReloadTime));
  left_out.end_try(done && worth_it);
  if (!done || !worth_it) base = std::move(running);
  if (!done) log::warn("haproxy.outdated", {{"error", done.error().what}});
}

void Driver::Impl::update_gauges() {
  counters.services.set(static_cast<double>(applied_state.state().services.size()));
  counters.servers.set(static_cast<double>(applied_state.server_count()));
  counters.free_backends.set(static_cast<double>(backend_pool.free_count()));
  counters.leaving_servers.set(static_cast<double>(backend_pool.leaving().count()));
  counters.old_workers.set(static_cast<double>(master.old_workers()));
}

}  // namespace dfp::haproxy
