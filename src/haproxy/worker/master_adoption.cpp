// How a master of an earlier life is found again, and how one that is of no use any more is replaced.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>

#include "base/log.hpp"
#include "base/wait.hpp"
#include "haproxy/worker/master.hpp"

namespace dfp::haproxy {
using namespace std::chrono_literals;
namespace {

constexpr auto kAdoptTime = 15s;  // a master that reloads 10,000 services on a busy machine answers by then
constexpr auto kSocketlessTime = 3s;  // a master that has just been started has its socket by then
constexpr auto kEndTime = 5s;         // for a process that was killed
constexpr auto kFirstPause = 10ms;
constexpr auto kLastPause = 200ms;

bool is_socket(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

}  // namespace

bool Master::has_sockets() const { return is_socket(master_socket_) && is_socket(runtime_socket_); }

/// A master that answers and has a worker that does.
Task<Result<>> Master::adopt_answering(Deadline deadline) {
  auto list = co_await processes(deadline);
  if (!list) co_return std::unexpected(list.error());
  auto process = process::ProcessHandle::open(executor_, list->master);
  if (!process) co_return std::unexpected(process.error());
  auto info = co_await worker_info(deadline);
  if (!info) co_return fail("haproxy runs but does not answer", info.error());
  if (info->stopping) co_return fail(Errc::Unavailable, "haproxy is ending");
  process_ = std::move(*process);
  worker_ = info->pid;
  co_return Result<>{};
}

/// One that does not answer: without sockets, or frozen. A reload makes it useful again, see
/// request_reload().
Result<> Master::adopt_silent(const process::Survivors& survivors, const Error& why) {
  auto process = process::ProcessHandle::open(executor_, survivors.masters.front());
  if (!process) return std::unexpected(process.error());
  process_ = std::move(*process);
  known_workers_ = survivors.workers;
  worker_ = 0;
  log::warn("haproxy.adopted_silent", {{"master", process_->pid()},
                                       {"workers", known_workers_.size()},
                                       {"sockets", has_sockets()},
                                       {"error", why.what}});
  return {};
}

Task<Result<>> Master::adopt(Deadline deadline) {
  auto give_up = deadline.min(Deadline::after(kAdoptTime));
  auto socketless = Deadline::after(kSocketlessTime);
  for (auto pause = Clock::duration(kFirstPause);; pause = std::min<Clock::duration>(pause * 2, kLastPause)) {
    auto survivors = process::find_survivors(master_socket_);
    auto adopted = co_await adopt_answering(give_up);
    if (adopted) {
      end_leftovers(survivors);
      co_return adopted;
    }
    if (survivors.masters.empty()) {
      co_await end_orphans(std::move(survivors.workers));
      co_return fail(Errc::NotFound, "no running haproxy: " + adopted.error().what);
    }
    bool lost = !has_sockets() && socketless.passed();
    if (lost || give_up.passed()) co_return adopt_silent(survivors, adopted.error());
    co_await sleep_for(pause);
  }
}

/// Workers end with their master, unless they cannot. They have our ports until they are gone.
Task<> Master::end_orphans(std::vector<pid_t> workers) {
  auto deadline = Deadline::after(kEndTime);
  for (auto pid : workers) {
    auto worker = process::ProcessHandle::open(executor_, pid);
    if (!worker || !(*worker)->signal(SIGKILL)) continue;
    co_await (*worker)->wait(deadline);
  }
}

/// Masters that were replaced and could not be ended then.
void Master::end_leftovers(const process::Survivors& survivors) {
  for (auto pid : survivors.masters) {
    if (pid == process_->pid()) continue;
    log::warn("haproxy.leftover_ended", {{"master", pid}});
    if (auto master = process::ProcessHandle::open(executor_, pid)) (*master)->signal(SIGKILL);
  }
}

Task<Result<>> Master::replace(std::string config_file, config::Description wanted, Deadline deadline) {
  auto old_workers = process::find_survivors(master_socket_).workers;
  auto old_worker = worker_;
  auto info = co_await worker_info(deadline);
  if (!info && has_sockets()) {  // it is frozen too: it would keep what comes in on our ports
    for (auto pid : old_workers)
      if (auto worker = process::ProcessHandle::open(executor_, pid)) (*worker)->signal(SIGKILL);
    process_->signal(SIGKILL);
    old_workers.clear();
  }
  log::error("haproxy.replaced", {{"master", process_->pid()}, {"reason", "it does not answer"}});
  process_->signal(SIGSTOP);  // one that was only slow must not begin a reload of its own now
  auto old = std::move(process_);
  auto spawned = spawn(std::move(config_file), old_workers);
  if (!spawned) {
    process_ = std::move(old);
    process_->signal(SIGCONT);
    co_return spawned;
  }
  auto serving = co_await await_worker(wanted, old_worker, deadline);
  if (!serving) {
    process_->signal(SIGKILL);
    process_ = std::move(old);
    process_->signal(SIGCONT);
    worker_ = old_worker;
    co_return serving;
  }
  co_await learn_workers(deadline);
  log::info("haproxy.started", {{"master", process_->pid()}, {"worker", worker_}});
  old->interrupt();  // who waits for its end waits for that of the new one from now on
  dfp::spawn(executor_, end_after(executor_, std::move(old), std::move(old_workers)), "haproxy.end_old");
  co_return serving;
}

/// A worker dies with its master, so the old master is kept until its workers have finished;
/// `hard-stop-after` sees to it that they do.
Task<> Master::end_after(Executor executor, std::unique_ptr<process::ProcessHandle> master,
                         std::vector<pid_t> workers) {
  for (auto pid : workers) {
    auto worker = process::ProcessHandle::open(executor, pid);
    if (worker) co_await (*worker)->wait(Deadline::never());
  }
  master->signal(SIGKILL);
  co_await master->wait(Deadline::after(kSocketlessTime));
}

}  // namespace dfp::haproxy
