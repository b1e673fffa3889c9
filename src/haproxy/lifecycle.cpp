#include <algorithm>

#include "base/log.hpp"
#include "haproxy/addresses.hpp"
#include "haproxy/driver_impl.hpp"
#include "haproxy/process/ports.hpp"
#include "haproxy/surroundings.hpp"

namespace dfp::haproxy {
using namespace std::chrono_literals;
namespace {

constexpr auto kLogInterval = 200ms;
constexpr auto kResolveTime = 3s;
constexpr auto kReviveTime = 60s;

Result<> check_ports(const Settings& settings, bool with_https) {
  std::vector<Bind> binds = settings.http;
  if (with_https) std::ranges::copy(settings.https, std::back_inserter(binds));
  if (settings.stats && settings.stats->bind) binds.push_back(*settings.stats->bind);
  for (const auto& bind : binds)
    if (auto free = process::check_port_free(bind.address, bind.port); !free) return free;
  return {};
}

model::Change change_to(const World& world, model::DesiredState wanted) {
  model::Change change;
  for (const auto& [name, service] : world.state().services) change[name] = std::nullopt;
  for (auto& [name, service] : wanted.services) change[name] = std::move(service);
  return change;
}

}  // namespace

Driver::Impl::Impl(Executor executor_, Settings settings_)
    : executor(executor_),
      settings(std::move(settings_)),
      files(settings.run_dir),
      master(executor_, settings),
      world(settings),
      turn(executor_),
      stop_signal(executor_) {}

Task<Result<>> Driver::Impl::prepare(Deadline deadline) {
  if (auto valid = settings.validate(); !valid) co_return valid;
  auto found = co_await process::find_program(executor, settings.program, deadline);
  if (!found) co_return std::unexpected(found.error());
  version = std::move(*found);
  if (auto ready = files.prepare(); !ready) co_return ready;
  if (auto opened = master.open_log(); !opened) co_return opened;
  surroundings = find_surroundings(settings);
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
  auto change = change_to(world, std::move(state));
  addresses = co_await resolve_names(executor, change, deadline.min(Deadline::after(kResolveTime)));
  auto transition = world.change(change, addresses);
  if (!transition) co_return std::unexpected(transition.error());
  bool first = !master.running();
  auto served = first ? co_await launch(deadline) : co_await reload("start", deadline);
  if (!served) {
    world.revert(*transition);
    co_return served;
  }
  if (first) {
    spawn(executor, supervise(shared_from_this()), "haproxy.supervise");
    spawn(executor, follow_log(shared_from_this()), "haproxy.follow_log");
  }
  co_return Result<>{};
}

Task<Result<>> Driver::Impl::launch(Deadline deadline) {
  auto adopted = co_await master.adopt(deadline);
  if (adopted) {
    log::info("haproxy.adopted", {{"worker", master.worker()}});
    auto info = co_await master.worker_info(deadline);
    if (auto running = config::parse_description(info ? info->description : ""))
      generation = std::max(generation, running->generation);
    co_return co_await reload("start", deadline);
  }
  if (auto free = check_ports(settings, !surroundings.certificates.empty()); !free) co_return free;
  auto installed = co_await install(deadline);
  if (!installed) co_return std::unexpected(installed.error());
  auto started = co_await master.start(files.config_file().string(), *installed, deadline);
  if (started) files.remove_all_but(generation);
  co_return started;
}

Task<> Driver::Impl::supervise(std::shared_ptr<Impl> self) {
  while (!self->stopping) {
    co_await self->master.wait_end(Deadline::never());
    if (self->stopping) co_return;
    log::error("haproxy.died", {{"worker", self->master.worker()}});
    co_await self->revive();
  }
}

Task<> Driver::Impl::revive() {
  auto lock = co_await turn.lock();
  for (Clock::duration pause = 50ms; !stopping; pause = std::min<Clock::duration>(pause * 2, 5s)) {
    master.drain_log();
    master.kill_workers();  // of a master that was killed: they would share our ports
    auto deadline = Deadline::after(kReviveTime);
    auto installed = co_await install(deadline);
    Result<> started = fail(Errc::Internal, "");
    if (installed) started = co_await master.start(files.config_file().string(), *installed, deadline);
    if (started) {
      files.remove_all_but(generation);
      co_return;
    }
    log::error("haproxy.restart_failed",
               {{"error", installed ? started.error().what : installed.error().what}});
    co_await stop_signal.wait(Deadline::after(pause));
  }
}

Task<> Driver::Impl::follow_log(std::shared_ptr<Impl> self) {
  while (!self->stopping) {
    self->master.drain_log();
    co_await self->stop_signal.wait(Deadline::after(kLogInterval));
  }
}

Task<> Driver::Impl::stop(Deadline deadline) {
  stopping = true;
  stop_signal.notify_all();
  auto lock = co_await turn.lock();
  co_await master.stop(deadline);
  log::info("haproxy.stopped");
}

}  // namespace dfp::haproxy
