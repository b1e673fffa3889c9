#include "haproxy/worker/master.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <limits>

#include "base/log.hpp"
#include "base/wait.hpp"
#include "haproxy/process/program.hpp"
#include "haproxy/runtime/commands.hpp"
#include "haproxy/worker/hand_over_key.hpp"

namespace dfp::haproxy {
using namespace std::chrono_literals;
namespace {

constexpr auto kAnswerTime = 2s;  // of a socket
constexpr auto kMasterTime = 5s;  // for a master to answer again that executes itself anew
constexpr auto kLostReload = 3s;  // nothing at all happened: ask again
constexpr auto kStopTime = 1s;    // for an old worker to hear that it is one
constexpr auto kFrozenTime = 5s;  // a worker that is only busy answers by then
constexpr auto kPollFirst = 2ms;
constexpr auto kPollLast = 25ms;

Deadline soon(Deadline deadline) { return deadline.min(Deadline::after(kAnswerTime)); }

}  // namespace

Master::Master(Executor executor, const Settings& settings)
    : executor_(std::move(executor)),
      settings_(settings),
      master_socket_((settings.run_dir / config::kMasterSocket).string()),
      runtime_socket_((settings.run_dir / config::kRuntimeSocket).string()),
      log_(settings.run_dir) {}

Result<> Master::open_log() { return log_.open(); }
bool Master::running() const { return process_ && !process_->ended(); }

Task<Result<runtime::ProcessList>> Master::processes(Deadline deadline) {
  auto reply = co_await runtime::ask_master(executor_, master_socket_, "show proc", soon(deadline));
  if (!reply) co_return std::unexpected(reply.error());
  auto list = runtime::parse_process_list(*reply);
  if (list) {
    known_workers_ = list->workers;
    old_workers_ = list->old_workers.size();
    std::ranges::copy(list->old_workers, std::back_inserter(known_workers_));
  }
  co_return std::move(list);
}

Task<Result<std::unique_ptr<runtime::Session>>> Master::open_session(Deadline deadline) {
  auto session = co_await runtime::Session::open(executor_, runtime_socket_, soon(deadline));
  co_return std::move(session);
}

Task<Result<runtime::Info>> Master::worker_info(Deadline deadline) {
  auto session = co_await open_session(deadline);
  if (!session) co_return std::unexpected(session.error());
  auto reply = co_await (*session)->ask("show info", soon(deadline));
  if (!reply) co_return std::unexpected(reply.error());
  co_return runtime::parse_info(*reply);
}

/// @param predecessors workers of another master that this one relieves.
Result<> Master::spawn(std::string config_file, const std::vector<pid_t>& predecessors) {
  log_.drain();
  log_.take_alerts();
  process::SpawnOptions options;
  options.arguments = {settings_.program,     "-W", "-S", master_socket_ + ",mode,600", "-f",
                       std::move(config_file)};
  if (!predecessors.empty()) {
    for (auto word : {std::string("-x"), runtime_socket_, std::string("-sf")})
      options.arguments.push_back(word);
    for (auto pid : predecessors) options.arguments.push_back(std::to_string(pid));
  }
  options.output = log_.descriptor();
  options.own_session = true;
  options.environment = {hand_over_environment(load_hand_over(settings_.run_dir))};
  auto process = process::spawn_process(executor_, std::move(options));
  if (!process) return std::unexpected(process.error());
  process_ = std::move(*process);
  return {};
}

Task<Result<>> Master::start(std::string config_file, config::Description wanted, Deadline deadline) {
  auto spawned = spawn(std::move(config_file), {});
  if (!spawned) co_return spawned;
  auto serving = co_await await_worker(wanted, 0, deadline);
  if (serving) {
    co_await learn_workers(deadline);
    log::info("haproxy.started", {{"master", process_->pid()}, {"worker", worker_}});
    co_return serving;
  }
  process_->signal(SIGKILL);
  co_return serving;
}

Task<bool> Master::serves(config::Description wanted, pid_t not_this_one, Deadline deadline) {
  auto info = co_await worker_info(deadline);
  if (!info || info->stopping || info->pid == not_this_one) co_return false;
  if (config::parse_description(info->description) != wanted) co_return false;
  worker_ = info->pid;
  co_return true;
}

Task<Result<>> Master::await_worker(config::Description wanted, pid_t not_this_one, Deadline deadline) {
  for (auto pause = Clock::duration(kPollFirst); !deadline.passed();
       pause = std::min<Clock::duration>(pause * 2, kPollLast)) {
    auto good = co_await serves(wanted, not_this_one, deadline);
    if (good) co_return Result<>{};
    if (!running()) {
      log_.drain();
      auto status = process_->status();
      co_return fail(Errc::Rejected,
                     fmt::format("haproxy ({}, see --haproxy) ended with {}: {}", settings_.program,
                                 status ? status->text() : "?", log_.take_alerts()));
    }
    co_await sleep_for(pause);
  }
  co_return fail(Errc::Timeout, "haproxy did not begin to serve in time");
}

/// The master answers a moment later than its worker serves. Its workers must be known for when it dies.
Task<> Master::learn_workers(Deadline deadline) {
  deadline = soon(deadline);
  for (auto pause = Clock::duration(kPollFirst); !deadline.passed(); pause *= 2) {
    auto list = co_await processes(deadline);
    if (list && std::ranges::find(list->workers, worker_) != list->workers.end()) co_return;
    co_await sleep_for(pause);
  }
  known_workers_.push_back(worker_);
}

/// A worker that was replaced hears of it a moment later and accepts connections until then; who gets one of
/// those would not see the changes that follow.
Task<> Master::await_stop(pid_t old_worker, Deadline deadline) {
  auto give_up = deadline.min(Deadline::after(kStopTime));
  auto command = fmt::format("@!{} show info", old_worker);
  for (auto pause = Clock::duration(kPollFirst); old_worker != 0 && !give_up.passed(); pause *= 2) {
    auto limit = deadline.min(Deadline::after(kFrozenTime));
    auto reply = co_await runtime::ask_master(executor_, master_socket_, command, limit);
    if (!reply && reply.error().code == Errc::Timeout) {
      // It would go on keeping a part of the connections that come in on our ports.
      log::error("haproxy.frozen_worker_ended", {{"worker", old_worker}});
      if (auto worker = process::ProcessHandle::open(executor_, old_worker)) (*worker)->signal(SIGKILL);
      co_return;
    }
    auto info = reply ? runtime::parse_info(*reply) : std::unexpected(reply.error());
    if (!info || info->stopping) co_return;  // gone, or on its way
    co_await sleep_for(pause);
  }
}

/// The master does not answer while it executes itself anew, which others can make it do too.
Task<Result<runtime::ProcessList>> Master::processes_within(Clock::duration span, Deadline deadline) {
  auto give_up = deadline.min(Deadline::after(span));
  for (auto pause = Clock::duration(kPollFirst);; pause = std::min<Clock::duration>(pause * 2, kPollLast)) {
    auto list = co_await processes(give_up);
    if (list || give_up.passed() || !running() || !has_sockets()) co_return std::move(list);
    co_await sleep_for(pause);
  }
}

/// A master without its socket hears the signal that "reload" stands for, and makes the socket anew.
Task<Result<runtime::ProcessList>> Master::request_reload(Deadline deadline) {
  auto before = co_await processes_within(kMasterTime, deadline);
  if (!before && !has_sockets() && process_ && process_->signal(SIGUSR2)) {
    log::warn("haproxy.reload_by_signal", {{"master", process_->pid()}, {"error", before.error().what}});
    runtime::ProcessList unknown;
    unknown.reloads = std::numeric_limits<int>::max();
    co_return unknown;
  }
  if (!before) co_return fail("haproxy cannot be reloaded", before.error());
  // 2.6 answers nothing, and the connection may break when the master executes itself anew; from 2.7 on the
  // answer comes after the fact. Either way the new worker is what counts.
  auto reply = co_await runtime::ask_master(executor_, master_socket_, "reload", deadline);
  if (!reply) log::debug("haproxy.reload_reply", {{"error", reply.error().what}});
  co_return std::move(before);
}

Task<Result<>> Master::reload(config::Description wanted, Deadline deadline) {
  log_.drain();
  log_.take_alerts();
  auto old_worker = worker_;
  while (!deadline.passed()) {
    auto before = co_await request_reload(deadline);
    if (!before) co_return fail(Errc::Unavailable, std::move(before.error().what));
    auto lost_at = Deadline::after(kLostReload);
    for (auto pause = Clock::duration(kPollFirst); !deadline.passed();
         pause = std::min<Clock::duration>(pause * 2, kPollLast)) {
      auto good = co_await serves(wanted, old_worker, deadline);
      if (good) {
        co_await await_stop(old_worker, deadline);
        co_await learn_workers(deadline);
        co_return Result<>{};
      }
      if (!running()) co_return fail(Errc::Unavailable, "haproxy died while it was reloaded");
      auto now = co_await processes(deadline);
      if (now && now->reloads > before->reloads && now->failed > 0) {
        log_.drain();
        co_return fail(Errc::Rejected, "haproxy refused the configuration: " + log_.take_alerts());
      }
      bool nothing_happened = now && now->reloads == before->reloads;
      if (lost_at.passed() && nothing_happened) break;
      co_await sleep_for(pause);
    }
    if (!deadline.passed()) log::warn("haproxy.reload_lost", {{"generation", wanted.generation}});
  }
  co_return fail(Errc::Timeout, "haproxy did not take the new configuration in time");
}

/// Without a successor a worker has nobody to hand its last requests over to.
Task<> Master::announce_end() {
  auto deadline = Deadline::after(kAnswerTime);
  auto session = co_await open_session(deadline);
  if (!session) co_return;
  auto command = runtime::add_map(config::kHandOverMap, config::kAloneKey, config::kAloneValue);
  auto answered = co_await (*session)->ask(std::move(command), deadline);
  if (!answered) log::warn("haproxy.end_not_announced", {{"error", answered.error().what}});
}

Task<> Master::stop(Deadline deadline) {
  if (!running()) co_return;
  co_await announce_end();
  process_->signal(SIGUSR1);
  auto ended = co_await process_->wait(deadline);
  if (!ended) {
    log::warn("haproxy.stopped_hard", {{"master", process_->pid()}});
    process_->signal(SIGTERM);
    ended = co_await process_->wait(Deadline::after(kAnswerTime));
  }
  if (!ended) {
    process_->signal(SIGKILL);
    kill_workers();
  }
  log_.drain();
}

void Master::kill_workers() {
  for (auto pid : known_workers_)
    if (auto worker = process::ProcessHandle::open(executor_, pid)) (*worker)->signal(SIGKILL);
  known_workers_.clear();
  worker_ = 0;
}

void Master::signal_worker(int number) {
  if (worker_ <= 0) return;
  if (auto worker = process::ProcessHandle::open(executor_, worker_)) (*worker)->signal(number);
}

void Master::kill_all() {
  auto survivors = process::find_survivors(master_socket_);
  if (process_) process_->signal(SIGKILL);
  for (auto pid : survivors.workers)
    if (auto worker = process::ProcessHandle::open(executor_, pid)) (*worker)->signal(SIGKILL);
  kill_workers();
}

Task<bool> Master::wait_end() {
  if (!process_) co_return true;
  auto ended = co_await process_->wait(Deadline::never());
  co_return ended;
}

void Master::interrupt_wait() {
  if (process_) process_->interrupt();
}

}  // namespace dfp::haproxy
