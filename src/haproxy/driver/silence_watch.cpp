// Notices that HAProxy lives and does not answer, and does something about it.
#include <fmt/format.h>

#include "base/log.hpp"
#include "haproxy/driver/driver_impl.hpp"

namespace dfp::haproxy {
using namespace std::chrono_literals;
namespace {

constexpr auto kInterval = 400ms;
constexpr auto kSecondLook = 100ms;  // at a worker that seems to end
constexpr auto kAnswerTime = 2s;
constexpr auto kNoticed = 3s;  // a worker that is only busy answers by then
constexpr auto kReloadTime = 60s;

std::string seconds(Clock::duration span) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(span).count()) + " s";
}

/// A worker that ends may have let go of its own socket too.
bool is_ending(const Result<runtime::Info>& info) {
  return info ? info->stopping : info.error().code != Errc::Timeout;
}

}  // namespace

std::optional<std::string> Driver::Impl::trouble() const {
  auto now = Clock::now();
  if (launched && !master.running()) return "HAProxy has ended and is being started again";
  if (auto span = silence.worker.span(now); span >= kNoticed)
    return "HAProxy has not answered for " + seconds(span);
  if (auto span = silence.master.span(now); span >= kNoticed)
    return "HAProxy's master process has not answered for " + seconds(span);
  return std::nullopt;
}

Task<> Driver::Impl::watch_silence(Self self) {
  int without_sockets = 0;
  int ending = 0;
  while (!self->stopping) {
    co_await self->stop_signal.wait(Deadline::after(ending > 0 ? kSecondLook : kInterval));
    if (self->stopping) co_return;
    bool judged = self->master.running() && self->exchanges == 0;  // a new one is not expected to answer yet
    without_sockets = judged && !self->master.has_sockets() ? without_sockets + 1 : 0;
    if (without_sockets == 1) self->keep_run_dir();
    if (without_sockets > 1) co_await self->renew_sockets();
    if (!judged || without_sockets > 0) {
      self->silence.worker = {};
      self->silence.master = {};
      continue;
    }
    auto stays = co_await self->listen_for_answers();
    ending = stays ? 0 : ending + 1;
    if (ending > 1) co_await self->relieve_worker();
    co_await self->end_silence();
  }
}

Task<bool> Driver::Impl::listen_for_answers() {
  auto began = Clock::now();
  auto pid = master.worker();
  auto info = co_await master.worker_info(Deadline::after(kAnswerTime));
  bool replaced = exchanges > 0 || pid != master.worker();
  silence.worker.note(info.has_value() || replaced, began);
  bool ends = is_ending(info);
  began = Clock::now();
  auto list = co_await master.processes(Deadline::after(kAnswerTime));
  silence.master.note(list.has_value() || exchanges > 0 || replaced, began);
  auto now = Clock::now();
  for (auto [part, heard] : {std::pair{"worker", &silence.worker}, std::pair{"master", &silence.master}}) {
    if (!heard->report(kNoticed, now)) continue;
    counters.silences(part).add();
    log::error("haproxy.silent", {{"part", part}, {"for", seconds(heard->span(now))}});
  }
  co_return !ends || replaced || exchanges > 0;
}

/// A frozen worker is ended: its master ends with it, and both are started again. A frozen master alone is
/// replaced by one that takes the sockets over.
Task<> Driver::Impl::end_silence() {
  auto now = Clock::now();
  if (silence.worker.span(now) >= settings.silence_limit) {
    log::error("haproxy.replaced", {{"worker", master.worker()}, {"reason", "it does not answer"}});
    silence.worker = {};
    silence.master = {};
    master.kill_all();
    co_return;
  }
  if (silence.master.span(now) < settings.silence_limit) co_return;
  auto lock = co_await turn.lock();
  if (stopping || !master.running() || silence.master.span(Clock::now()) < settings.silence_limit) co_return;
  auto done = co_await reload("repair", "the master does not answer", false, Deadline::after(kReloadTime));
  if (done) silence.master = {};
  if (!done) log::error("haproxy.repair_failed", {{"error", done.error().what}});
}

/// It has been told to end, by a signal of somebody else or by a successor that could not bind its ports:
/// then 2.6 lets go of all listeners, and does not get those of the hand-over back. What it has under way it
/// finishes. Source: HAProxy 2.6 src/haproxy.c, sig_pause(); "Some proxies refused to pause, performing soft
/// stop now".
Task<> Driver::Impl::relieve_worker() {
  auto lock = co_await turn.lock();
  co_await relieve_ending_worker();
}

Task<> Driver::Impl::relieve_ending_worker() {
  if (stopping || !master.running() || !master.has_sockets()) co_return;
  auto info = co_await master.worker_info(Deadline::after(kAnswerTime));
  if (!is_ending(info)) co_return;  // frozen is another case; or it was replaced meanwhile
  log::error("haproxy.not_listening", {{"worker", master.worker()}, {"reason", "it is ending"}});
  auto done = co_await reload("repair", "the worker is ending", false, Deadline::after(kReloadTime));
  if (!done) log::error("haproxy.repair_failed", {{"error", done.error().what}});
}

/// The lock went with what a cleaner has deleted, and a second server must not find the folder free.
void Driver::Impl::keep_run_dir() {
  if (auto kept = files.restore(); !kept) log::error("haproxy.run_dir_lost", {{"error", kept.error().what}});
}

/// A cleaner has emptied the run directory: what runs serves on, and would never hear of a change again.
Task<> Driver::Impl::renew_sockets() {
  auto lock = co_await turn.lock();
  if (stopping || !master.running() || master.has_sockets()) co_return;
  log::error("haproxy.sockets_deleted", {{"run_dir", settings.run_dir.string()}});
  auto done = co_await reload("repair", "the run directory was emptied", false, Deadline::after(kReloadTime));
  if (!done) log::error("haproxy.repair_failed", {{"error", done.error().what}});
}

}  // namespace dfp::haproxy
