#include "docker/registrator/registrator.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/log.hpp"

namespace dfp::docker::registrator {
namespace {

constexpr Clock::duration kCall = 10s;          ///< for one call of engine or registry
constexpr Clock::duration kQuiet = 20ms;        ///< events that come together are one reason to compare
constexpr Clock::duration kFirstPause = 200ms;  ///< after a failure
constexpr Clock::duration kLongestPause = 10s;
constexpr std::size_t kMostExitCodes = 10'000;

/// The events after which a container's entries may be others. Health probes (exec_*) are not among them.
EventFilter wanted_events() {
  return {.types = {"container", "network"},
          .actions = {"start", "die", "destroy", "health_status", "pause", "unpause", "rename", "update",
                      "connect", "disconnect"}};
}

std::string short_id(const std::string& id) { return id.substr(0, 12); }

/// What counts as a failure of the program itself: not 0, and not ended by a signal (128 + signal).
bool is_failure(int exit_code) { return exit_code > 0 && exit_code < 128; }

}  // namespace

Registrator::Registrator(Executor executor, Engine& engine, registry::Registrar& registrar, Options options,
                         HostFacts host, TagsTemplate tags)
    : engine_(engine),
      registrar_(registrar),
      options_(std::move(options)),
      host_(std::move(host)),
      tags_(std::move(tags)),
      events_(
          executor, engine, wanted_events(), [this] { ++wakes_, wake_.notify_all(); },
          [this](const Event& event) { on_event(event); }),
      reader_(engine, static_cast<bool>(tags_)),
      pause_(kFirstPause),
      wake_(executor),
      tasks_(executor) {}

Task<Result<>> Registrator::start() {
  auto running = tasks_.enter();
  auto compared = co_await compare_first();
  if (!compared) co_return compared;
  tasks_.spawn(events_.run(), "docker.registrator.events");
  tasks_.spawn(keep_comparing(), "docker.registrator");
  co_return Result<>{};
}

Task<Result<>> Registrator::compare_first() {
  for (int attempt = 1;; ++attempt) {
    auto done = co_await pass();
    if (tasks_.stopping()) co_return fail(Errc::Cancelled, "registrator: stopped");
    report(done);
    if (done) co_return done;
    if (options_.retry_attempts >= 0 && attempt > options_.retry_attempts)
      co_return fail("registrator", done.error());
    co_await wake_.wait(Deadline::after(options_.retry_interval));
  }
}

Task<> Registrator::stop() {
  co_await tasks_.stop([this] { events_.stop(), wake_.notify_all(); });
}

void Registrator::on_event(const Event& event) {
  if (event.action == "die" && options_.deregister == Deregister::OnSuccess) {
    auto code = event.attributes.find("exitCode");
    if (exit_codes_.size() >= kMostExitCodes) exit_codes_.erase(exit_codes_.begin());
    if (code != event.attributes.end()) exit_codes_[short_id(event.id)] = std::atoi(code->second.c_str());
  }
  if (event.action == "start") exit_codes_.erase(short_id(event.id));
  ++wakes_;
  wake_.notify_all();
}

Task<> Registrator::keep_comparing() {
  while (!tasks_.stopping()) {
    auto seen = wakes_;
    auto done = co_await pass();
    if (tasks_.stopping()) break;
    report(done);
    if (!done) {
      co_await wake_.wait(Deadline::after(pause_));
      pause_ = std::min(pause_ * 2, kLongestPause);
      continue;
    }
    pause_ = kFirstPause;
    if (wakes_ == seen) co_await wake_.wait(Deadline::after(until_next_pass()));
    if (wakes_ != seen && !tasks_.stopping()) co_await sleep_for(kQuiet);
  }
}

Clock::duration Registrator::until_next_pass() const {
  Clock::duration span = options_.resync;
  if (options_.refresh.count() > 0) span = std::min<Clock::duration>(span, options_.refresh);
  return span;
}

Task<Result<>> Registrator::pass() {
  ++status_.passes;
  auto began = Clock::now();
  auto desired = co_await wanted();
  if (!desired) co_return std::unexpected(desired.error());
  auto listed = co_await registrar_.registered(Deadline::after(kCall));
  if (!listed) co_return std::unexpected(listed.error());
  bool renewal = options_.refresh.count() > 0 && (renewed_at_ == Clock::time_point::min() ||
                                                  began - renewed_at_ >= options_.refresh - kQuiet);
  auto plan = plan_of({.desired = *desired,
                       .listed = *listed,
                       .told = told_,
                       .renewal_due = renewal,
                       .cleanup = options_.cleanup,
                       .hostname = host_.hostname});
  auto applied = co_await apply(std::move(plan));
  std::erase_if(told_, [&](const auto& entry) { return !desired->contains(entry.first); });
  if (applied && renewal) renewed_at_ = began;
  co_return applied;
}

Task<Result<std::vector<InspectedContainer>>> Registrator::running_containers() {
  auto ids = co_await engine_.container_ids(false, Deadline::after(kCall));
  if (!ids) co_return std::unexpected(ids.error());
  std::vector<InspectedContainer> containers;
  std::optional<Error> unreadable;
  for (const auto& id : *ids) {
    auto inspected = co_await reader_.read(id, Deadline::after(kCall));
    if (!inspected && inspected.error().code == Errc::Rejected)
      unreadable = inspected.error();
    else if (!inspected && inspected.error().code != Errc::NotFound)
      co_return std::unexpected(inspected.error());
    else if (inspected && inspected->container.running)
      containers.push_back(std::move(*inspected));
  }
  if (containers.empty() && unreadable) co_return std::unexpected(*unreadable);
  reader_.keep_only(*ids);
  co_return containers;
}

Task<Result<Container>> Registrator::joined_container(std::string network_mode) {
  constexpr std::string_view kJoined = "container:";
  if (!network_mode.starts_with(kJoined)) co_return fail(Errc::NotFound, "");
  co_return co_await engine_.container(network_mode.substr(kJoined.size()), Deadline::after(kCall));
}

Task<Result<Registrations>> Registrator::wanted() {
  auto containers = co_await running_containers();
  if (!containers) co_return std::unexpected(containers.error());
  Registrations registrations;
  std::vector<std::string> problems;
  for (const auto& [container, json] : *containers) {
    auto joined = co_await joined_container(container.network_mode);
    if (!joined && joined.error().code != Errc::NotFound) co_return std::unexpected(joined.error());
    auto desired = desired_of({container, joined ? &*joined : nullptr, json}, options_, host_, tags_);
    std::ranges::move(desired.problems, std::back_inserter(problems));
    for (auto& registration : desired.registrations) {
      auto id = registration.instance.id;
      auto [at, added] = registrations.emplace(id, std::move(registration));
      if (!added) problems.push_back(container.name + ": another port has the id " + id + " already");
    }
  }
  report_problems(std::move(problems));
  co_return registrations;
}

Task<Result<>> Registrator::apply(RegistryPlan plan) {
  Result<> outcome;
  auto remember = [&](const Result<>& done) {
    if (!done && outcome) outcome = done;
    return done.has_value();
  };
  for (const auto& instance : plan.remove) {
    auto done = co_await remove(instance);
    remember(done);
  }
  for (auto& registration : plan.enroll) {
    auto done = co_await registrar_.enroll(registration, Deadline::after(kCall));
    if (!remember(done)) continue;
    ++status_.enrolled;
    const auto& instance = registration.instance;
    log::info("registrator.enrolled", {{"service", instance.service},
                                       {"id", instance.id},
                                       {"address", instance.address},
                                       {"port", instance.port},
                                       {"health", model::to_string(instance.health)}});
    told_.insert_or_assign(instance.id, registration);
  }
  for (auto& registration : plan.renew) {
    auto id = registration.instance.id;
    auto done = co_await registrar_.renew(registration, Deadline::after(kCall));
    if (!done) told_.erase(id);  // so that it is enrolled again
    if (!remember(done)) continue;
    ++status_.renewed;
    told_.insert_or_assign(id, registration);
  }
  co_return outcome;
}

Task<bool> Registrator::is_kept(model::Instance instance) {
  if (options_.deregister == Deregister::Always) co_return false;
  auto id = instance.meta.find(std::string(kContainerMeta));
  if (id == instance.meta.end()) co_return false;
  auto container = co_await engine_.container(id->second, Deadline::after(kCall));
  if (container) co_return !container->running && is_failure(container->exit_code);
  auto code = exit_codes_.find(id->second);
  co_return code != exit_codes_.end() && is_failure(code->second);
}

Task<Result<>> Registrator::remove(model::Instance instance) {
  bool kept = co_await is_kept(instance);
  if (kept) co_return Result<>{};
  auto done =
      co_await registrar_.remove(instance.service, instance.node, instance.id, Deadline::after(kCall));
  if (!done && done.error().code != Errc::NotFound) co_return done;
  ++status_.removed;
  told_.erase(instance.id);
  log::info("registrator.removed", {{"service", instance.service}, {"id", instance.id}});
  co_return Result<>{};
}

void Registrator::report(const Result<>& done) {
  if (!done) ++status_.failed;
  auto error = done ? std::string() : done.error().what;
  if (error == status_.error) return;
  status_.error = error;
  if (done)
    log::info("registrator.recovered");
  else
    log::warn("registrator.failed", {{"error", error}});
}

void Registrator::report_problems(std::vector<std::string> problems) {
  for (const auto& problem : problems)
    if (std::ranges::find(status_.problems, problem) == status_.problems.end())
      log::warn("registrator.problem", {{"what", problem}});
  status_.problems = std::move(problems);
}

}  // namespace dfp::docker::registrator
