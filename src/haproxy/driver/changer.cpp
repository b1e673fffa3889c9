#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/log.hpp"
#include "haproxy/driver/driver_impl.hpp"

namespace dfp::haproxy {
using namespace std::chrono_literals;
namespace {

constexpr int kAttempts = 2;
// A request that read the flags just before a commit has chosen its backend long before this has passed.
constexpr auto kCleanupAfter = 2ms;
constexpr std::size_t kShownDifferences = 20;
constexpr auto kPauseBetweenPictures = 5ms;

/// Servers whose deletion was done, but not answered.
void forget_deleted(const LiveState& live, BackendPool& backend_pool) {
  auto leaving = backend_pool.leaving().all();
  if (leaving.empty()) return;
  std::set<std::pair<std::string_view, std::string_view>> present;
  for (const auto& row : live.servers) present.emplace(row.backend, row.name);
  for (const auto& [backend, server] : leaving)
    if (!present.contains({backend, server})) backend_pool.left(backend, server);
}

}  // namespace

Task<Result<>> Driver::Impl::apply_at_runtime(model::Change change, Deadline deadline) {
  Result<> done;
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    done = co_await finish_cleanup(deadline);
    if (!done) co_return done;
    auto transition = applied_state.change(change, names.addresses());
    if (!transition) co_return std::unexpected(transition.error());
    auto script = make_script(applied_state, *transition, backend_pool, settings);
    if (!script) {
      applied_state.revert(*transition);
      co_return std::unexpected(script.error());
    }
    ++changes;
    bool committed = false;
    done = co_await run_script(&*script, &committed, deadline);
    ++changes;
    if (done || committed) keep_script(*script);
    if (done) co_return done;

    counters.runtime_failures.add();
    if (!committed) {
      applied_state.revert(*transition);
      for (const auto& backend : script->taken) backend_pool.give_back(backend);
    }
    auto repaired =
        co_await repair(committed ? Unfinished::Complete : Unfinished::Undo, done.error().what, deadline);
    if (!repaired) suspect = true;
    if (committed) co_return repaired;
    if (!repaired) co_return done;
  }
  co_return done;
}

Task<Result<>> Driver::Impl::run_script(const Script* script, bool* committed, Deadline deadline) {
  auto ready = co_await link.run(script->prepare, deadline);
  if (!ready) co_return ready;
  auto done = co_await link.run(script->commit, deadline);
  // A refusal is certain; after anything else it may have happened, and going forward is right in both cases.
  *committed = done || done.error().code != Errc::Rejected;
  if (!done) co_return done;
  committed_at = Clock::now();
  auto settled = co_await link.run(script->settle, deadline);
  co_return settled;
}

void Driver::Impl::keep_script(Script& script) {
  auto now = Clock::now();
  for (const auto& server : script.revived) backend_pool.left(server.backend, server.server);
  for (const auto& backend : script.taken) backend_pool.born(backend);
  for (const auto& service : script.unbind) backend_pool.unbind(service);
  for (const auto& [service, backend] : script.bind) backend_pool.bind(service, backend);
  for (const auto& server : script.leave) backend_pool.leave(server.backend, server.server, now);
  for (const auto& backend : script.give_back) backend_pool.give_back(backend);
  cleanup = std::move(script.cleanup);
  if (!cleanup.empty()) tasks.spawn(clean_up_soon(shared_from_this()), "haproxy.clean_up");
  if (!script.leave.empty() || !script.give_back.empty()) leaving_signal.notify_all();
  files_stale = true;
  files_signal.notify_all();
  counters.runtime_changes.add();
}

Task<Result<>> Driver::Impl::finish_cleanup(Deadline deadline) {
  if (suspect) {
    auto repaired = co_await repair(Unfinished::Complete, "an earlier failure", deadline);
    co_return repaired;
  }
  if (cleanup.empty()) co_return Result<>{};
  if (auto due = committed_at + kCleanupAfter; due > Clock::now()) co_await sleep_for(due - Clock::now());
  ++changes;
  auto done = co_await link.run(std::exchange(cleanup, {}), deadline);
  ++changes;
  if (done) co_return done;
  auto repaired = co_await repair(Unfinished::Complete, done.error().what, deadline);
  co_return repaired;
}

Task<Result<>> Driver::Impl::repair(Unfinished unfinished, std::string cause, Deadline deadline) {
  link.drop();
  auto session = co_await master.open_session(deadline);
  if (!session) co_return std::unexpected(session.error());
  auto live = co_await read_live_state(std::move(*session), deadline);
  if (!live) co_return std::unexpected(live.error());
  auto repaired = co_await repair_from(std::move(*live), unfinished, std::move(cause), deadline);
  co_return repaired;
}

Task<Result<std::vector<std::string>>> Driver::Impl::differences(Deadline deadline) {
  while (!deadline.passed()) {
    auto seen_changes = changes;
    auto session = co_await master.open_session(deadline);
    if (!session) co_return std::unexpected(session.error());
    auto live = co_await read_live_state(std::move(*session), deadline);
    if (!live) co_return std::unexpected(live.error());
    if (seen_changes == changes && cleanup.empty())
      co_return make_repair(*live, applied_state, backend_pool, settings, unfinished_of(*live)).found;
    co_await sleep_for(kPauseBetweenPictures);
  }
  co_return fail(Errc::Timeout, "haproxy is being changed all the time; try again");
}

Task<Result<>> Driver::Impl::repair_from(LiveState live, Unfinished unfinished, std::string cause,
                                         Deadline deadline) {
  if (live.info.pid != master.worker()) {  // somebody else reloaded: this one knows only its files
    log::warn("haproxy.foreign_worker", {{"worker", live.info.pid}, {"expected", master.worker()}});
    master.set_worker(live.info.pid);
    link.drop();
    if (!adopt_bindings(live, applied_state, backend_pool))
      co_return co_await reload("repair", "too few backends", true, deadline);
    unfinished = unfinished_of(live);
  }
  forget_deleted(live, backend_pool);
  auto repair = make_repair(live, applied_state, backend_pool, settings, unfinished);
  auto log_difference = cause == kAdoption ? log::info : log::warn;
  for (std::size_t i = 0; i < std::min(repair.found.size(), kShownDifferences); ++i)
    log_difference("haproxy.difference", {{"what", repair.found[i]}, {"cause", cause}});
  for (const auto& server : repair.leave) backend_pool.leave(server.backend, server.server, Clock::now());
  ++changes;
  auto done = co_await link.run(std::move(repair.commands), deadline);
  ++changes;
  if (!done) {
    suspect = true;
    co_return done;
  }
  suspect = false;
  cleanup.clear();
  leaving_signal.notify_all();
  co_return Result<>{};
}

}  // namespace dfp::haproxy
