#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/log.hpp"
#include "haproxy/config/secrets.hpp"
#include "haproxy/driver/driver_impl.hpp"
#include "haproxy/state/offender.hpp"
#include "haproxy/state/template_error.hpp"
#include "haproxy/worker/certificate_copies.hpp"
#include "haproxy/worker/hand_over_key.hpp"
#include "haproxy/worker/surroundings.hpp"

namespace dfp::haproxy {
namespace {

constexpr auto kTrafficTime = std::chrono::seconds(1);  // what the old worker has counted is worth that
constexpr unsigned kSpellings = 7;                      // of one path, with "./" once or more

/// A spelling that no socket has been bound with that still exists, though its file was deleted: a worker
/// that inherits one of the same spelling would not make the file anew. Source: proc(5), /proc/net/unix;
/// HAProxy 2.6 src/sock_unix.c binds "PATH.PID.tmp" and renames it.
unsigned unused_detours(const std::string& run_dir) {
  std::ifstream in("/proc/net/unix");
  std::string sockets(std::istreambuf_iterator<char>(in), {});
  std::string path = " " + run_dir + "/";
  for (unsigned detours = 1; detours < kSpellings; ++detours) {
    path += "./";
    if (!sockets.contains(fmt::format("{}{}.", path, config::kRuntimeSocket))) return detours;
  }
  return kSpellings;
}

}  // namespace

Result<> Driver::Impl::refresh_base() {
  auto lookups = surroundings.lookups.joined(applied_state.routes().lookups());
  auto templates = applied_state.templates().texts(applied_state.state(), names.addresses());
  if (base && base->lookups == lookups && base->templates == templates) return {};
  surroundings.lookups = lookups;
  auto text = config::base_text(settings, surroundings, templates);
  if (!text) return std::unexpected(text.error());
  // A worker is told other addresses while it runs: they do not tell one text from another.
  auto without_addresses = applied_state.templates().texts(applied_state.state(), {});
  if (without_addresses != templates) {
    auto same = config::base_text(settings, surroundings, without_addresses);
    if (!same) return std::unexpected(same.error());
    text->hash = same->hash;
  }
  base = std::move(*text);
  base->addresses = config::server_addresses(applied_state.templates().all(), names.addresses());
  return {};
}

void Driver::Impl::renew_hand_over() {
  surroundings.hand_over = new_hand_over();
  base.reset();
}

/// Certificates are read before it is our turn: a folder may hold many, on a slow disk.
Task<Result<>> Driver::Impl::reload_on_request(bool recreate, reconcile::RequestContext context) {
  auto deadline = context.deadline;
  std::optional<config::Surroundings> found;
  if (recreate) {
    auto look = [settings = settings] { return find_surroundings(settings); };
    found = co_await pool.run(std::move(look));
  }
  auto room = co_await await_room(deadline);
  if (!room) co_return room;
  auto lock = co_await turn.lock(deadline, context.left);
  if (auto wanted = context.still_wanted(); !wanted) co_return wanted;
  if (!lock) co_return fail("haproxy: the worker is busy", lock.error());
  auto old_surroundings = surroundings;
  auto old_base = base;
  if (found) {
    found->lookups = found->lookups.joined(surroundings.lookups);
    found->hand_over = surroundings.hand_over;  // its file may have been deleted
    surroundings = std::move(*found);
    base.reset();
  }
  auto done =
      co_await reload("request", recreate ? "asked to recreate everything" : "asked to", true, deadline);
  if (!done) {  // what is written or started meanwhile must be what is served
    surroundings = std::move(old_surroundings);
    base = std::move(old_base);
    co_await relieve_ending_worker();
  }
  co_return done;
}

Task<Result<std::vector<process::ReservedPort>>> Driver::Impl::claim_ports(std::vector<WantedPort> wanted) {
  auto claimed = co_await listening.claim(std::move(wanted));
  if (claimed) co_return std::move(*claimed);
  auto& [service, name, why] = claimed.error();
  auto known = applied_state.state().services.find(service);
  if (known != applied_state.state().services.end())
    co_return std::unexpected(template_error(known->second, why));
  co_return std::unexpected(std::move(why));
}

/// Writes the files of the present applied state, lets HAProxy check them and puts them in force.
Task<Result<config::Description>> Driver::Impl::install(bool check, Deadline deadline) {
  if (auto there = files.restore(); !there) co_return std::unexpected(there.error());
  if (master.running() && !master.has_sockets()) {
    surroundings.socket_detours = unused_detours(settings.run_dir.string());
    base.reset();
  }
  if (CertificateCopies copies(settings.run_dir); !copies.has(surroundings.certificates)) {
    auto refresh = [copies, folder = settings.certs_dir]() mutable { return copies.refresh(folder); };
    surroundings.certificates = co_await pool.run(std::move(refresh));
    base.reset();
  }
  if (auto fresh = refresh_base(); !fresh) co_return std::unexpected(fresh.error());
  auto number = ++generation;
  auto rendered = applied_state.render(*base, surroundings.certificates, number);
  if (!rendered) co_return std::unexpected(rendered.error());
  auto file = files.write(number, *rendered);
  if (!file) co_return std::unexpected(file.error());
  if (check) {
    auto accepted = co_await process::check_config(executor, settings.program, file->string(), deadline);
    if (!accepted) {
      files.remove(number);
      const auto& text = rendered->find(config::kConfigFile)->second;
      auto service = offending_service(accepted.error().what, text);
      accepted.error().what = config::mask_quotations(std::move(accepted.error().what), text);
      co_return fail(
          service ? "haproxy refuses service " + *service
                  : fmt::format("haproxy ({}, see --haproxy) refuses the configuration", settings.program),
          accepted.error());
    }
  }
  if (auto active = files.activate(number); !active) {
    files.remove(number);
    co_return std::unexpected(active.error());
  }
  keep_hand_over(settings.run_dir, surroundings.hand_over);
  co_return config::Description{number, base->hash, base->lookups};
}

/// As `install`, and makes HAProxy serve them; on failure the old files are in force again.
Task<Result<>> Driver::Impl::reload(std::string cause, std::string reason, bool check, Deadline deadline) {
  auto begin = Clock::now();
  deadline = deadline.min(Deadline::after(settings.reload_timeout));
  auto files_lock = co_await files_turn.lock();
  UnderWay exchange(exchanges);
  auto before = files.active();
  auto wanted = wanted_ports(settings, surroundings, applied_state);
  auto reserved = co_await claim_ports(wanted);  // until the new worker has bound them
  if (!reserved) co_return std::unexpected(reserved.error());
  auto held = listening.last_seen();
  if (master.running()) co_await traffic.read(Deadline::after(kTrafficTime));
  ++changes;
  auto running = base;
  auto installed = co_await install(check, deadline);
  if (!installed) {
    base = std::move(running);  // it tells what a worker has been given
    co_return std::unexpected(installed.error());
  }
  auto done = co_await master.reload(*installed, deadline);
  if (!done && done.error().code == Errc::Unavailable && master.running())
    done = co_await master.replace(files.config_file().string(), *installed, deadline);
  ++changes;
  co_await listening.ensure(done ? addresses_of(wanted) : std::move(held));
  if (!done) {
    if (before && files.activate(*before)) files.remove_all_but(*before);
    base = std::move(running);
    suspect = true;  // it may still come
    co_return done;
  }
  files.remove_all_but(installed->generation);
  forget_worker();
  reloaded_at = Clock::now();
  left_out.from_old_files = false;
  counters.reloads(cause).add();
  auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  log::info("haproxy.reload", {{"generation", installed->generation},
                               {"took_ms", took.count()},
                               {"cause", cause},
                               {"reason", reason}});
  co_return Result<>{};
}

/// The worker is a new one that was started from the present files.
void Driver::Impl::forget_worker() {
  link.drop();
  cleanup.clear();
  backend_pool.reset(applied_state.file_names(), config::spare_count(settings, config::Profile::Plain),
                     config::spare_count(settings, config::Profile::Policies));
  suspect = false;
  files_stale = false;
  names.log_servers_without_address(applied_state);
  update_gauges();
}

}  // namespace dfp::haproxy
