#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "haproxy/driver_impl.hpp"
#include "haproxy/hand_over_key.hpp"
#include "haproxy/offender.hpp"
#include "haproxy/surroundings.hpp"

namespace dfp::haproxy {

Result<> Driver::Impl::refresh_base() {
  auto depth = std::max(surroundings.wildcard_depth, world.routes().deepest_wildcard());
  auto templates = world.templates();
  if (base && base->wildcard_depth == depth && base->templates == templates) return {};
  surroundings.wildcard_depth = depth;
  auto text = config::base_text(settings, surroundings, templates);
  if (!text) return std::unexpected(text.error());
  base = std::move(*text);
  return {};
}

void Driver::Impl::renew_hand_over() {
  surroundings.hand_over = new_hand_over(settings.run_dir);
  base.reset();
}

Task<Result<>> Driver::Impl::reload_on_request(bool recreate, Deadline deadline) {
  auto lock = co_await turn.lock(deadline);
  if (!lock) co_return fail("haproxy: the worker is busy", lock.error());
  if (recreate) {
    surroundings = find_surroundings(settings);
    base.reset();
  }
  auto done =
      co_await reload("request", recreate ? "asked to recreate everything" : "asked to", true, deadline);
  co_return done;
}

/// Writes the files of the present world, lets HAProxy check them and puts them in force.
Task<Result<config::Description>> Driver::Impl::install(bool check, Deadline deadline) {
  if (auto fresh = refresh_base(); !fresh) co_return std::unexpected(fresh.error());
  auto number = ++generation;
  auto rendered = world.render(*base, surroundings.certificates, number);
  if (!rendered) co_return std::unexpected(rendered.error());
  auto file = files.write(number, *rendered);
  if (!file) co_return std::unexpected(file.error());
  if (check) {
    auto accepted = co_await process::check_config(executor, settings.program, file->string(), deadline);
    if (!accepted) {
      auto service = offending_service(accepted.error().what, rendered->find(config::kConfigFile)->second);
      co_return fail(service ? "haproxy refuses service " + *service : "haproxy refuses the configuration",
                     accepted.error());
    }
  }
  if (auto active = files.activate(number); !active) co_return std::unexpected(active.error());
  co_return config::Description{number, base->hash, base->wildcard_depth};
}

/// As `install`, and makes HAProxy serve them; on failure the old files are in force again.
Task<Result<>> Driver::Impl::reload(std::string cause, std::string reason, bool check, Deadline deadline) {
  auto begin = Clock::now();
  deadline = deadline.min(Deadline::after(settings.reload_timeout));
  auto files_lock = co_await files_turn.lock();
  auto before = files.active();
  ++changes;
  auto installed = co_await install(check, deadline);
  if (!installed) co_return std::unexpected(installed.error());
  auto done = co_await master.reload(*installed, deadline);
  ++changes;
  if (!done) {
    if (before && files.activate(*before)) files.remove_all_but(*before);
    suspect = true;  // it may still come
    co_return done;
  }
  files.remove_all_but(installed->generation);
  forget_worker();
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
  bindings.reset(world.file_names(), static_cast<std::size_t>(settings.spare_backends));
  suspect = false;
  files_stale = false;
  update_gauges();
}

}  // namespace dfp::haproxy
