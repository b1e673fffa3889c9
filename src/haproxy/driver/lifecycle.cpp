#include <algorithm>

#include "base/file.hpp"
#include "base/log.hpp"
#include "haproxy/driver/driver_impl.hpp"
#include "haproxy/driver/template_names.hpp"
#include "haproxy/process/survivors.hpp"
#include "haproxy/state/found_services.hpp"
#include "haproxy/state/server_names.hpp"
#include "haproxy/worker/surroundings.hpp"

namespace dfp::haproxy {
using namespace std::chrono_literals;
namespace {

constexpr auto kLogInterval = 200ms;
constexpr auto kReviveTime = 60s;
constexpr auto kEndTime = 5s;
constexpr auto kReadTime = 10s;       // of a HAProxy that answers, and is busy
constexpr auto kSilentReadTime = 3s;  // of one whose master or worker does not answer
constexpr auto kReadPause = 100ms;

model::Change change_to(const AppliedState& applied_state, model::DesiredState wanted) {
  model::Change change;
  for (const auto& [name, service] : applied_state.state().services) change[name] = std::nullopt;
  for (auto& [name, service] : wanted.services) change[name] = std::move(service);
  return change;
}

/// A worker that did not answer while it was adopted, of a master that does: a successor could not get the
/// sockets from it. @return whether all of them are gone
Task<bool> end_frozen_worker(Executor executor, Master& master, Deadline deadline) {
  if (master.worker() != 0 || !master.has_sockets()) co_return false;
  auto list = co_await master.processes(deadline);
  if (!list) co_return false;  // a frozen master is replaced by the reload
  log::error("haproxy.replaced", {{"master", list->master}, {"reason", "its worker does not answer"}});
  std::vector<std::unique_ptr<process::ProcessHandle>> workers;
  for (auto pid : process::find_survivors(master.master_socket()).workers)
    if (auto worker = process::ProcessHandle::open(executor, pid)) workers.push_back(std::move(*worker));
  master.kill_all();
  co_await master.wait_end();
  for (auto& worker : workers) co_await worker->wait(deadline);  // they have our ports until then
  co_return true;
}

}  // namespace

Driver::Impl::Impl(Executor executor_, Settings settings_, metrics::Registry& registry)
    : executor(executor_),
      settings(std::move(settings_)),
      counters(registry),
      files(settings.run_dir),
      master(executor_, settings),
      link(master),
      template_check(executor_, settings, registry),
      applied_state(settings),
      prober(executor_, settings.checks.probes_per_second, registry),
      names(executor_, settings.is_own_api),
      turn(executor_),
      files_turn(executor_),
      stop_signal(executor_),
      files_signal(executor_),
      leaving_signal(executor_),
      check_signal(executor_),
      tasks(executor_),
      listening(master, pool, counters),
      traffic(executor_, master, pool, applied_state, backend_pool, registry),
      left_out(settings, surroundings, applied_state, listening) {
  master.log().set_names([this](std::string_view backend, std::string_view server) {
    auto found = find_server(applied_state, backend_pool, std::string(backend), std::string(server));
    return found && found->server ? std::optional(ServedName{found->destination.service, found->address()})
                                  : std::nullopt;
  });
}

Task<Result<>> Driver::Impl::prepare(Deadline deadline) {
  if (auto valid = settings.validate(); !valid) co_return valid;
  if (auto enough = process::check_descriptor_limit(); !enough) co_return enough;
  auto found = co_await process::find_program(executor, settings.program, deadline);
  if (!found) co_return std::unexpected(found.error());
  version = std::move(*found);
  if (version.at_least(3, 4)) {  // makes backends at run time, see "add backend" in its management guide
    settings.spare_backends = 0;
    backend_pool.grow();
  }
  if (auto ready = files.prepare(); !ready) co_return ready;
  if (auto opened = master.open_log(); !opened) co_return opened;
  auto look = [settings = settings] { return find_surroundings(settings); };
  surroundings = co_await pool.run(std::move(look));
  generation = files.active().value_or(0);
  prepared = true;
  co_return Result<>{};
}

Task<Result<>> Driver::Impl::start(model::DesiredState state, Deadline deadline) {
  if (!prepared) {
    auto ready = co_await prepare(deadline);
    if (!ready) co_return ready;
  }
  auto lock = co_await turn.lock();
  auto change = change_to(applied_state, std::move(state));
  auto resolved = deadline.min(Deadline::after(Names::kLongest));
  co_await names.look_up(names_in(applied_state, change), Names::kLife, resolved);
  if (!master.running() && !nothing_found) {
    auto found = co_await master.adopt(deadline);
    if (!found && found.error().code != Errc::NotFound) co_return found;
  }
  auto vetted = co_await vet(&change, deadline);
  if (!vetted) co_return vetted;
  auto transition = applied_state.change(change, names.addresses());
  if (!transition) co_return std::unexpected(transition.error());
  auto running = base;
  bool first = !std::exchange(launched, true);
  Result<> served;
  if (first)
    served = co_await launch(deadline);
  else
    served = co_await reload("start", "another start", true, deadline);
  if (!served) {
    launched = !first;
    applied_state.revert(*transition);
    base = std::move(running);
    co_return served;
  }
  if (first) spawn_background();
  update_gauges();
  co_return Result<>{};
}

/// Read from the worker and from the files beside its configuration.
Task<Result<model::DesiredState>> Driver::Impl::found(Deadline deadline) {
  if (!prepared) {
    auto ready = co_await prepare(deadline);
    if (!ready) co_return std::unexpected(ready.error());
  }
  auto lock = co_await turn.lock();
  auto adopted = co_await master.adopt(deadline);
  if (!adopted && adopted.error().code != Errc::NotFound) co_return std::unexpected(adopted.error());
  // Who is told that nothing is served would take everything out of one that answers only later.
  nothing_found = !adopted;
  if (!adopted) co_return model::DesiredState{};
  auto live = co_await read_adopted(deadline);
  if (!live) {  // its sockets are gone, or it is frozen: start() makes it useful again
    log::error("haproxy.found_unread", {{"error", live.error().what}});
    co_return model::DesiredState{};
  }
  if (!config::parse_description(live->info.description)) co_return model::DesiredState{};  // not ours
  auto templates = file::read((files.config_file().parent_path() / kTemplatesFile).string());
  co_return services_of(*live, parse_templates(templates.value_or("")));
}

Task<Result<LiveState>> Driver::Impl::read_adopted(Deadline deadline) {
  deadline = deadline.min(Deadline::after(master.worker() > 0 ? kReadTime : kSilentReadTime));
  for (;;) {
    auto session = co_await master.open_session(deadline);
    Result<LiveState> live;
    if (session)
      live = co_await read_live_state(std::move(*session), deadline);
    else
      live = std::unexpected(session.error());
    if (live || deadline.passed() || !master.running() || !master.has_sockets()) co_return std::move(live);
    co_await sleep_for(kReadPause);
  }
}

Task<Result<>> Driver::Impl::launch(Deadline deadline) {
  if (!master.running()) co_return co_await start_process(deadline);
  auto taken = co_await take_over(deadline);
  if (taken) co_return taken;
  bool frozen = co_await end_frozen_worker(executor, master, deadline);
  if (frozen) co_return co_await start_process(deadline);
  log::info("haproxy.adoption_needs_reload", {{"reason", taken.error().what}});
  auto reloaded = co_await reload("start", taken.error().what, true, deadline);
  co_return reloaded;
}

/// A worker of an earlier life that was started with the settings we have now goes on as it is; what changed
/// meanwhile is told to it.
Task<Result<>> Driver::Impl::take_over(Deadline deadline) {
  auto live = co_await read_adopted(deadline);
  if (!live) co_return std::unexpected(live.error());
  auto running = config::parse_description(live->info.description);
  if (!running) co_return fail(Errc::Conflict, "its files are not ours");
  generation = std::max(generation, running->generation);
  surroundings.lookups = surroundings.lookups.joined(running->lookups);
  remember_addresses(applied_state, *live, names);
  if (auto fresh = refresh_base(); !fresh) co_return fresh;
  if (base->hash != running->hash) co_return fail(Errc::Conflict, "settings or wildcard depth have changed");
  auto addresses = adopt_addresses(base->addresses, *live);
  if (!addresses) co_return std::unexpected(addresses.error());
  adopt_health(*live);
  if (!adopt_bindings(*live, applied_state, backend_pool))
    co_return fail(Errc::Conflict, "too few spare backends are left");
  auto unfinished = unfinished_of(*live);
  auto worker = live->info.pid;
  auto repaired = co_await repair_from(std::move(*live), unfinished, std::string(kAdoption), deadline);
  if (!repaired) co_return repaired;
  auto told = co_await link.run(std::move(*addresses), deadline);
  if (!told) co_return told;
  names.log_servers_without_address(applied_state);
  files_stale = true;
  counters.adoptions.add();
  log::info("haproxy.adopted", {{"worker", worker}, {"generation", running->generation}});
  co_return Result<>{};
}

Task<Result<>> Driver::Impl::start_process(Deadline deadline) {
  auto reserved = co_await claim_ports(wanted_ports(settings, surroundings, applied_state));
  if (!reserved) co_return std::unexpected(reserved.error());
  UnderWay exchange(exchanges);
  auto old_hand_over = surroundings.hand_over;
  renew_hand_over();
  auto installed = co_await install(true, deadline);
  if (!installed && installed.error().code == Errc::Unavailable) {
    surroundings.hand_over = old_hand_over;
    co_return co_await start_from_old_files(std::move(installed.error()), deadline);
  }
  if (!installed) co_return std::unexpected(installed.error());
  auto started = co_await master.start(files.config_file().string(), *installed, deadline);
  if (!started) co_return started;
  files.remove_all_but(installed->generation);
  forget_worker();
  co_return Result<>{};
}

/// Starts HAProxy again when it dies.
Task<> Driver::Impl::supervise(Self self) {
  while (!self->stopping) {
    auto ended = co_await self->master.wait_end();
    if (self->stopping) co_return;
    if (!ended || self->master.running()) continue;
    log::error("haproxy.died", {{"worker", self->master.worker()}});
    co_await self->revive();
  }
}

Task<> Driver::Impl::revive() {
  auto lock = co_await turn.lock();
  auto files_lock = co_await files_turn.lock();
  UnderWay exchange(exchanges);
  for (Clock::duration pause = 50ms; !stopping && !master.running();
       pause = std::min<Clock::duration>(pause * 2, 5s)) {
    master.log().drain();
    master.kill_workers();  // of a master that was killed: they would share our ports
    auto started = co_await start_again(Deadline::after(kReviveTime));
    if (started) {
      counters.respawns.add();
      co_return;
    }
    log::error("haproxy.restart_failed", {{"error", started.error().what}});
    co_await stop_signal.wait(Deadline::after(pause));
  }
}

Task<Result<>> Driver::Impl::start_again(Deadline deadline) {
  auto old_hand_over = surroundings.hand_over;
  renew_hand_over();
  for (;;) {
    auto reserved = co_await left_out.claim();  // until HAProxy has bound them
    if (!reserved) co_return std::unexpected(reserved.error());
    base.reset();
    auto installed = co_await install(false, deadline);
    if (!installed) {
      surroundings.hand_over = old_hand_over;
      co_return co_await start_from_old_files(std::move(installed.error()), deadline);
    }
    auto started = co_await master.start(files.config_file().string(), *installed, deadline);
    if (started) {
      files.remove_all_but(installed->generation);
      forget_worker();
      co_return started;
    }
    auto config = file::read(files.config_file());
    if (!left_out.blame(started.error(), config.value_or(""))) co_return started;
  }
}

/// The disk is full, for example. Old routes are better than none.
Task<Result<>> Driver::Impl::start_from_old_files(Error why, Deadline deadline) {
  base.reset();  // of files that could not be written
  auto old = files.description();
  if (!old) co_return std::unexpected(std::move(why));
  log::error("haproxy.started_from_old_files", {{"generation", old->generation}, {"error", why.what}});
  auto started = co_await master.start(files.config_file().string(), *old, deadline);
  if (!started) co_return started;
  forget_worker();
  auto taken = co_await take_over(deadline);
  left_out.from_old_files = !taken;
  if (left_out.from_old_files) log::error("haproxy.outdated", {{"error", taken.error().what}});
  co_return Result<>{};
}

Task<> Driver::Impl::follow_log(std::shared_ptr<Impl> self) {
  while (!self->stopping) {
    self->master.log().drain();
    co_await self->stop_signal.wait(Deadline::after(kLogInterval));
  }
}

Task<> Driver::Impl::stop(Deadline deadline) {
  co_await end_background();
  if (!launched) co_return;  // one that an earlier control plane left is not ours yet
  co_await master.stop(deadline);
  log::info("haproxy.stopped");
}

/// Nothing of us works any more after this, and no session of ours keeps a worker from ending.
Task<> Driver::Impl::end_background() {
  stopping = true;
  auto wake = [this] {
    for (auto* signal : {&stop_signal, &files_signal, &leaving_signal, &check_signal}) signal->notify_all();
    master.interrupt_wait();
    prober.stop();
  };
  wake();
  co_await tasks.stop(wake, Deadline::after(kEndTime));
  auto lock = co_await turn.lock();
  link.drop();
}

}  // namespace dfp::haproxy
