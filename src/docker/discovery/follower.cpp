#include "docker/discovery/follower.hpp"

#include <algorithm>
#include <boost/container_hash/hash.hpp>

#include "base/log.hpp"
#include "model/route_table.hpp"

namespace dfp::docker::discovery {
namespace {
using namespace std::chrono_literals;

constexpr Clock::duration kRead = 10s;     ///< for one view
constexpr Clock::duration kBusy = 15s;     ///< so long after a change the next one is looked for often
constexpr Clock::duration kQuiet = 2ms;    ///< events that come together are one reason to look
constexpr Clock::duration kPause = 500ms;  ///< after a failed pass

bool is_updating(const View& view) { return std::ranges::any_of(view.services, &ServiceView::updating); }

/// Another number when other routes are served.
std::size_t fingerprint(const model::DesiredState& served) {
  std::size_t sum = 0;
  auto add = [&](const std::string& text) { boost::hash_combine(sum, text); };
  for (const auto& [name, service] : served.services) {
    add(name);
    for (const auto& route : model::routes_of(service.definition)) add(model::route_key(route));
  }
  return sum;
}

bool is_on_its_way(const View& view) {
  return std::ranges::any_of(view.services,
                             [](const ServiceView& service) { return service.usable() != service.wanted; });
}

}  // namespace

Follower::Follower(Executor executor, Engine& engine, Source& source, FollowedProxy& proxy,
                   FollowerSettings settings, metrics::Registry& registry)
    : source_(source),
      proxy_(proxy),
      settings_(std::move(settings)),
      events_(
          executor, engine, source.events(), [this] { ++wakes_, wake_.notify_all(); },
          [this](const Event& event) {
            source_.note(event);
            busy_until_ = Clock::now() + kBusy;
            ++wakes_;
            wake_.notify_all();
          }),
      counters_(registry),
      wake_(executor),
      tasks_(executor) {}

void Follower::start() {
  tasks_.spawn(events_.run(), "docker.follower.events");
  tasks_.spawn(follow(), "docker.follower");
}

Task<> Follower::stop() {
  co_await tasks_.stop([this] { events_.stop(), wake_.notify_all(); });
}

void Follower::notify() {
  given_.clear();
  refusals_.clear();
  ++wakes_;
  wake_.notify_all();
}

Task<> Follower::follow() {
  while (!tasks_.stopping()) {
    auto seen = wakes_;
    auto began = Clock::now();
    auto done = co_await pass();
    if (tasks_.stopping()) break;
    report(done);
    auto took = Clock::now() - began;
    if (done && *done) busy_until_ = Clock::now() + kBusy;
    Clock::duration pause = is_busy() || (done && *done) ? settings_.poll_fast : settings_.poll;
    pause = std::max(pause, took);  // at most half of the time, however much there is to read
    if (!done) pause = std::max<Clock::duration>(kPause, settings_.poll_fast);
    if (wakes_ == seen || !done) co_await wake_.wait(Deadline::after(pause));
    if (wakes_ != seen && !tasks_.stopping()) co_await sleep_for(kQuiet);
  }
}

/// Tasks on other nodes raise no events here.
bool Follower::is_busy() const {
  if (!status_.view) return false;
  return is_updating(*status_.view) || (Clock::now() < busy_until_ && is_on_its_way(*status_.view));
}

/// @return whether something was changed
Task<Result<bool>> Follower::pass() {
  ++status_.passes;
  if (!proxy_.ready()) co_return false;
  auto view = co_await source_.read(Deadline::after(kRead));
  if (!view) co_return std::unexpected(view.error());
  forgive_refusals();
  auto orders = orders_of(**view, settings_.rules);
  auto problems = orders.problems;
  auto plan = follow_plan({.view = **view,
                           .orders = orders,
                           .served = proxy_.served(),
                           .given = given_,
                           .author = source_.author(),
                           .network = settings_.network},
                          problems);
  for (const auto& [name, definition] : orders.definitions) {
    auto served = proxy_.served().services.find(name);
    bool there = served != proxy_.served().services.end() && served->second.definition == definition;
    if (there) given_.insert_or_assign(name, definition);
  }
  std::erase_if(given_, [&](const auto& entry) { return !orders.definitions.contains(entry.first); });
  std::erase_if(refusals_, [&](const auto& entry) { return !orders.definitions.contains(entry.first); });
  auto changed = co_await apply(std::move(plan), &problems);
  publish(std::move(orders), std::move(problems), std::move(*view));
  co_return changed;
}

Task<bool> Follower::apply(FollowPlan plan, Problems* problems) {
  bool changed = false;
  for (const auto& name : plan.remove) {
    auto done = co_await proxy_.remove(name, source_.author());
    changed = changed || done;
    if (!done) problems->insert_or_assign(name, done.error().what);
  }
  for (const auto& name : plan.repin) {
    auto done = co_await proxy_.repin(name);
    changed = changed || done;
    if (!done && done.error().code != Errc::NotFound) problems->insert_or_assign(name, done.error().what);
  }
  for (auto& [name, ids] : plan.unpin) {
    auto done = co_await proxy_.unpin(name, std::move(ids));
    changed = changed || done;
  }
  forgive_refusals();
  for (bool was_in_the_way : {false, true})
    for (auto& [name, definition] : plan.reconfigure) {
      if (plan.remove.contains(name) != was_in_the_way) continue;
      auto done = co_await pass_on(name, definition, problems);
      changed = changed || done;
    }
  co_return changed;
}

Task<bool> Follower::pass_on(std::string name, model::Definition definition, Problems* problems) {
  if (is_refused(name, definition)) {
    if (auto known = status_.problems.find(name); known != status_.problems.end())
      problems->insert_or_assign(name, known->second);
    co_return false;
  }
  auto done = co_await proxy_.reconfigure(definition, source_.author());
  if (!done) {
    bool by_labels = done.error().code == Errc::InvalidArgument;
    problems->insert_or_assign(name, by_labels ? as_label_problem(done.error().what) : done.error().what);
    note_refusal(name, std::move(definition));
    co_return false;
  }
  given_.insert_or_assign(name, std::move(definition));
  refusals_.erase(name);
  co_return true;
}

bool Follower::is_refused(const std::string& name, const model::Definition& definition) const {
  auto refusal = refusals_.find(name);
  return refusal != refusals_.end() && refusal->second.definition == definition &&
         Clock::now() < refusal->second.again;
}

/// A route may be free now that was another service's.
void Follower::forgive_refusals() {
  auto routes = fingerprint(proxy_.served());
  if (routes != routes_) refusals_.clear();
  routes_ = routes;
}

void Follower::note_refusal(const std::string& name, model::Definition definition) {
  auto before = refusals_.find(name);
  bool again = before != refusals_.end() && before->second.definition == definition;
  Clock::duration pause = settings_.retry_first;
  if (again) pause = std::min<Clock::duration>(before->second.pause * 2, settings_.retry_last);
  refusals_.insert_or_assign(name, Refusal{std::move(definition), Clock::now() + pause, pause});
}

void Follower::publish(Orders orders, Problems problems, ViewPtr view) {
  for (const auto& [name, reason] : problems) {
    auto known = status_.problems.find(name);
    if (known == status_.problems.end() || known->second != reason)
      log::warn("docker.label_problem", {{"service", name}, {"reason", reason}});
  }
  for (const auto& note : orders.notes)
    if (std::ranges::find(status_.notes, note) == status_.notes.end())
      log::info("docker.label_ignored", {{"what", note}});
  for (const auto& name : orders.waiting)
    if (!status_.waiting.contains(name))
      log::info("docker.waiting", {{"service", name}, {"for", "a running replica that is not unhealthy"}});
  counters_.set_problems(problems);
  status_.problems = std::move(problems);
  status_.notes = std::move(orders.notes);
  status_.waiting = std::move(orders.waiting);
  status_.view = std::move(view);
}

void Follower::report(const Result<bool>& done) {
  if (!done) ++status_.failed;
  counters_.set_away(!done);
  auto error = done ? std::string() : done.error().what;
  if (error == status_.error) return;
  status_.error = error;
  if (done)
    log::info("docker.discovery_back");
  else
    log::warn("docker.discovery_failed", {{"error", error}});
}

}  // namespace dfp::docker::discovery
