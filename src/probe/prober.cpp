#include "probe/prober.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "base/log.hpp"
#include "base/wait.hpp"
#include "probe/check.hpp"
#include "probe/server_health.hpp"

namespace dfp::probe {
using namespace std::chrono_literals;
namespace {

using Key = std::pair<std::string, std::string>;  // service, server

constexpr std::size_t kUnderWay = 1000;  // connections
constexpr auto kBurst = 50ms;            // what a late turn of the loop may make up for
constexpr int kFasterInDoubt = 4;
constexpr int kSpread = 10;  // percent, so that checks that began together do not stay together

struct Checked {
  Target target;
  ServerHealth health;
  std::string reason;        // of the last bad check
  Clock::time_point due;     // where it is in the queue
  std::uint64_t number = 0;  // of the last check that counts
};

}  // namespace

struct Prober::State : std::enable_shared_from_this<State> {
  State(Executor ex, int per_second, metrics::Registry& registry)
      : executor(std::move(ex)),
        gap(1000ms / std::max(per_second, 1)),
        wake(executor),
        changes(executor),
        good(registry.counter("dfp_checks_total", "Health checks made by the proxy itself.",
                              {{"result", "good"}})),
        bad(registry.counter("dfp_checks_total", "Health checks made by the proxy itself.",
                             {{"result", "bad"}})),
        down_gauge(registry.gauge("dfp_checks_down_servers", "Servers that these checks have taken out.")) {}

  void set(const std::string& service, std::vector<Target> targets);
  void put(const Key& key, Target target, bool suspected);
  void schedule(const Key& key, Checked& checked, Clock::time_point at);
  std::set<std::string> down(const std::string& service) const;
  void note_change(const std::string& service);
  void note_turn(const Key& key, const Checked& checked);
  void begin_due();
  Clock::time_point next_turn() const;
  void finish(const Key& key, std::uint64_t number, Clock::time_point began, const Result<>& result);
  Clock::duration pause(const Checked& checked);
  static Task<> check(std::shared_ptr<State> state, Key key, std::uint64_t number);
  static Task<> run(std::shared_ptr<State> state);
  static Task<std::set<std::string>> wait_for_changes(std::shared_ptr<State> state);

  Executor executor;
  Clock::duration gap;  // between the begins of two checks
  Clock::time_point next_begin{};
  std::map<Key, Checked> servers;
  std::set<std::pair<Clock::time_point, Key>> queue;  // those that are not under way
  std::map<std::string, std::set<std::string>> assumed_down;
  std::set<std::string> changed;  // services
  std::set<std::shared_ptr<net::Interrupt>> under_way;
  std::uint64_t numbers = 0;
  std::minstd_rand random;
  bool stopping = false;
  Signal wake;
  Signal changes;
  metrics::Counter& good;
  metrics::Counter& bad;
  metrics::Gauge& down_gauge;
};

void Prober::State::set(const std::string& service, std::vector<Target> targets) {
  auto before = down(service);
  auto suspects = std::exchange(assumed_down[service], {});
  assumed_down.erase(service);
  std::set<std::string> names;
  for (auto& target : targets) {
    names.insert(target.server);
    bool suspected = suspects.contains(target.server);
    Key key{service, target.server};
    put(key, std::move(target), suspected);
  }
  for (auto at = servers.lower_bound({service, ""}); at != servers.end() && at->first.first == service;) {
    if (names.contains(at->first.second)) {
      ++at;
      continue;
    }
    queue.erase({at->second.due, at->first});
    at = servers.erase(at);
  }
  if (down(service) != before || !suspects.empty()) note_change(service);
  wake.notify_all();
}

void Prober::State::put(const Key& key, Target target, bool suspected) {
  auto [at, fresh] = servers.try_emplace(key);
  auto& checked = at->second;
  bool moved = !fresh && checked.target.endpoint != target.endpoint;
  if (moved) checked.health = {};
  if (suspected) checked.health.suspect();
  if (suspected) checked.reason = "it was taken out before the restart and has not been checked since";
  bool same = !fresh && !moved && checked.target.check == target.check;
  checked.target = std::move(target);
  if (!same) schedule(key, checked, Clock::now());
}

/// What a check that is under way says does not count any more.
void Prober::State::schedule(const Key& key, Checked& checked, Clock::time_point at) {
  queue.erase({checked.due, key});
  checked.number = ++numbers;
  checked.due = at;
  queue.emplace(at, key);
}

std::set<std::string> Prober::State::down(const std::string& service) const {
  std::set<std::string> names;
  for (auto at = servers.lower_bound({service, ""}); at != servers.end() && at->first.first == service; ++at)
    if (!at->second.health.up()) names.insert(at->first.second);
  return names;
}

void Prober::State::note_change(const std::string& service) {
  changed.insert(service);
  auto is_down = [](const auto& entry) { return !entry.second.health.up(); };
  down_gauge.set(static_cast<double>(std::ranges::count_if(servers, is_down)));
  changes.notify_all();
}

void Prober::State::begin_due() {
  auto now = Clock::now();
  next_begin = std::max(next_begin, now - kBurst);
  while (!queue.empty() && under_way.size() < kUnderWay && queue.begin()->first <= now && next_begin <= now) {
    auto key = queue.begin()->second;
    queue.erase(queue.begin());
    auto& checked = servers.at(key);
    next_begin += gap;
    spawn(executor, check(shared_from_this(), key, checked.number), "probe.check");
  }
}

Clock::time_point Prober::State::next_turn() const {
  if (queue.empty() || under_way.size() >= kUnderWay) return Clock::time_point::max();
  return std::max(queue.begin()->first, next_begin);
}

Task<> Prober::State::check(std::shared_ptr<State> state, Key key, std::uint64_t number) {
  auto at = state->servers.find(key);
  if (state->stopping || at == state->servers.end() || at->second.number != number) co_return;
  auto target = at->second.target;
  auto began = Clock::now();
  auto interrupt = std::make_shared<net::Interrupt>();
  state->under_way.insert(interrupt);
  auto until = Deadline::after(*target.check.timeout);
  auto result = co_await check_once(state->executor, target.endpoint, target.check, interrupt, until);
  state->under_way.erase(interrupt);
  if (!state->stopping) state->finish(key, number, began, result);
}

void Prober::State::note_turn(const Key& key, const Checked& checked) {
  const auto& service = key.first;
  auto instance = checked.target.endpoint.address();
  auto check = checked.target.check.text();
  if (checked.health.up())
    log::info("server.up", {{"service", service}, {"instance", instance}, {"reason", check + " passed"}});
  else
    log::warn("server.down", {{"service", service}, {"instance", instance}, {"reason", checked.reason}});
  note_change(service);
}

void Prober::State::finish(const Key& key, std::uint64_t number, Clock::time_point began,
                           const Result<>& result) {
  wake.notify_all();
  (result ? good : bad).add();
  auto at = servers.find(key);
  if (at == servers.end() || at->second.number != number) return;
  auto& checked = at->second;
  bool was_up = checked.health.up();
  if (result)
    checked.health.good(*checked.target.check.rise);
  else
    checked.health.bad(*checked.target.check.fall);
  if (!result) checked.reason = result.error().what;
  bool up = checked.health.up();
  if (up != was_up) note_turn(key, checked);
  schedule(key, checked, std::max(began + pause(checked), Clock::now()));
}

Clock::duration Prober::State::pause(const Checked& checked) {
  Clock::duration interval = *checked.target.check.interval;
  if (checked.health.in_doubt()) interval /= kFasterInDoubt;
  std::uniform_int_distribution<int> percent(100 - kSpread, 100 + kSpread);
  return interval * percent(random) / 100;
}

Task<> Prober::State::run(std::shared_ptr<State> state) {
  while (!state->stopping) {
    state->begin_due();
    co_await state->wake.wait(Deadline{state->next_turn()});
  }
}

Task<std::set<std::string>> Prober::State::wait_for_changes(std::shared_ptr<State> state) {
  while (state->changed.empty() && !state->stopping) co_await state->changes.wait(Deadline::never());
  if (state->stopping) co_return std::set<std::string>{};
  co_return std::exchange(state->changed, {});
}

Prober::Prober(Executor executor, int per_second, metrics::Registry& registry)
    : state_(std::make_shared<State>(std::move(executor), per_second, registry)) {}
Prober::~Prober() { stop(); }

void Prober::set(const std::string& service, std::vector<Target> targets) {
  state_->set(service, std::move(targets));
}

void Prober::assume_down(const std::string& service, std::set<std::string> servers) {
  state_->assumed_down[service].merge(servers);
}

std::set<std::string> Prober::down(const std::string& service) const { return state_->down(service); }

std::map<std::string, std::string> Prober::reasons(const std::string& service) const {
  std::map<std::string, std::string> reasons;
  for (const auto& name : state_->down(service)) reasons[name] = state_->servers.at({service, name}).reason;
  return reasons;
}

Task<std::set<std::string>> Prober::wait_for_changes() { return State::wait_for_changes(state_); }
void Prober::repeat(const std::string& service) { state_->note_change(service); }
Task<> Prober::run() { return State::run(state_); }

void Prober::stop() {
  auto state = state_;
  state->stopping = true;
  auto under_way = state->under_way;
  for (const auto& interrupt : under_way) interrupt->fire();
  state->wake.notify_all();
  state->changes.notify_all();
}

}  // namespace dfp::probe
