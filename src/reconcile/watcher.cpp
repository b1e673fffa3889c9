#include "reconcile/watcher.hpp"

#include <algorithm>
#include <random>
#include <tuple>

#include "base/log.hpp"
#include "reconcile/change_time.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;

constexpr auto kLookTime = 30s;   ///< for one look
constexpr auto kFloor = 100ms;    ///< between two looks, should a registry report changes without end
constexpr auto kErrorPause = 1s;  ///< when waiting fails
constexpr auto kStopTime = 2s;

/// Between once and twice `span`, so that several proxies do not act at the same moment.
Clock::duration jittered(std::chrono::milliseconds span) {
  static std::minstd_rand random{std::random_device{}()};
  std::uniform_int_distribution<std::int64_t> more(0, span.count());
  return span + std::chrono::milliseconds(more(random));
}

auto served_part(const model::Instance& instance) {
  return std::tie(instance.service, instance.node, instance.id, instance.address, instance.port,
                  instance.weight);
}

}  // namespace

bool Look::same_content(const Look& other) const {
  auto same = [](const auto& a, const auto& b) { return served_part(a) == served_part(b); };
  return text == other.text && std::ranges::equal(instances, other.instances, same);
}

struct Watcher::Watch {
  Watch(Executor executor, model::Definition d) : definition(std::move(d)), wake(std::move(executor)) {}
  const std::string& name() const { return definition.service; }

  model::Definition definition;
  Signal wake;
  bool ended = false;
  bool behind = false;                        ///< a renewal failed and is to be tried again
  std::shared_ptr<const Look> seen;           ///< the last look
  std::chrono::system_clock::time_point now;  ///< for templates; the same for all looks
  std::string problem;
};

Watcher::Watcher(Executor executor, Followed& followed, WatchSettings settings)
    : executor_(executor),
      followed_(followed),
      settings_(settings),
      watch_count_(metrics::process_registry().gauge("dfp_watch_services",
                                                     "Services that follow the registry (watch).")),
      problem_count_(metrics::process_registry().gauge(
          "dfp_watch_problems", "Services with watch that cannot follow the registry at present.")),
      loops_(executor) {}
Watcher::~Watcher() = default;

void Watcher::set(const std::string& name, const model::Service* service) {
  auto present = watches_.find(name);
  bool wanted = service && service->definition.watch && !loops_.stopping();
  if (present != watches_.end()) {
    if (wanted && present->second->definition == service->definition) return;
    end(*present->second);
    bool had_problem = !present->second->problem.empty();
    watches_.erase(present);
    watch_count_.set(static_cast<double>(watches_.size()));
    if (had_problem) count_problems();
  }
  if (!wanted) return;
  auto watch = std::make_shared<Watch>(executor_, service->definition);
  watches_.emplace(name, watch);
  watch_count_.set(static_cast<double>(watches_.size()));
  loops_.spawn(run(std::move(watch)), "reconcile.watch");
}

std::map<std::string, std::string> Watcher::problems() const {
  std::map<std::string, std::string> out;
  for (const auto& [name, watch] : watches_)
    if (!watch->problem.empty()) out.emplace(name, watch->problem);
  return out;
}

Task<> Watcher::stop() {
  for (auto& [name, watch] : watches_) end(*watch);
  watches_.clear();
  co_await loops_.stop([] {}, Deadline::after(kStopTime));
}

void Watcher::end(Watch& watch) {
  watch.ended = true;
  watch.wake.notify_all();
}

/// What follows a wait touches nothing of the watcher once the watch has ended.
Task<> Watcher::run(WatchPtr watch) {
  auto retry = settings_.retry_first;
  while (!watch->ended) {
    auto done = co_await catch_up(watch);
    if (watch->ended) break;
    note(*watch, done);
    if (done) {
      retry = settings_.retry_first;
      co_await wait_for_change(watch, watch->seen, Deadline::after(settings_.span));
    } else {
      co_await pause(watch, retry);
      retry = std::min(retry * 2, settings_.retry_last);
    }
  }
}

/// Looks, and renews the service if there is something new.
Task<Result<>> Watcher::catch_up(WatchPtr watch) {
  auto first = co_await look(watch);
  if (!first) co_return std::unexpected(first.error());
  auto look = std::make_shared<const Look>(std::move(*first));
  const auto* served = watch->ended ? nullptr : followed_.served(watch->name());
  if (!served) co_return fail(Errc::NotFound, "the service is not served");
  bool moved = watch->seen ? !look->same_content(*watch->seen)
                           : !look->same_content({served->instances, served->rendered});
  if (moved && watch->seen) look = co_await settle(watch, std::move(look));
  watch->seen = look;
  watch->behind = watch->behind || moved;
  if (watch->ended) co_return Result<>{};
  if (!watch->behind) {
    co_await pause(watch, kFloor);
    co_return Result<>{};
  }
  if (!followed_.leads(watch->name())) co_await pause(watch, jittered(settings_.others));
  if (watch->ended) co_return Result<>{};
  auto renewed = co_await followed_.renew(watch->name());
  watch->behind = !renewed;
  co_return renewed;
}

Task<Result<Look>> Watcher::look(WatchPtr watch) {
  const auto* served = followed_.served(watch->name());
  if (served && !watch->seen) watch->now = parse_change_time(served->changed_at);
  co_return co_await followed_.look(watch->definition, watch->now, Deadline::after(kLookTime));
}

/// Waits until nothing has changed for a while. @return the last look
Task<std::shared_ptr<const Look>> Watcher::settle(WatchPtr watch, std::shared_ptr<const Look> look) {
  auto most = Deadline::after(settings_.most);
  auto quiet = Deadline::after(settings_.quiet).min(most);
  while (!watch->ended && !quiet.passed()) {
    bool moved = co_await wait_for_change(watch, look, quiet);
    if (!moved || watch->ended) continue;
    auto next = co_await this->look(watch);
    if (!next) break;  // the next round tells what is wrong
    bool same = next->same_content(*look);
    look = std::make_shared<const Look>(std::move(*next));
    if (!same) quiet = Deadline::after(settings_.quiet).min(most);
  }
  co_return look;
}

Task<> Watcher::pause(WatchPtr watch, Clock::duration span) {
  auto deadline = Deadline::after(span);
  while (!watch->ended && !deadline.passed()) co_await watch->wake.wait(deadline);
}

/// Ends at once with the watch. @return whether something may have changed.
Task<bool> Watcher::wait_for_change(WatchPtr watch, std::shared_ptr<const Look> look, Deadline deadline) {
  auto moved = std::make_shared<bool>(false);
  spawn(executor_, signal_change(watch, &followed_, std::move(look), moved, deadline),
        "reconcile.watch_change");
  while (!watch->ended && !*moved && !deadline.passed()) co_await watch->wake.wait(deadline);
  co_return *moved;
}

Task<> Watcher::signal_change(WatchPtr watch, Followed* followed, std::shared_ptr<const Look> look,
                              std::shared_ptr<bool> moved, Deadline deadline) {
  auto changed = co_await followed->changed(watch->definition, std::move(look), deadline);
  if (!changed && changed.error().code == Errc::Timeout) co_return;
  if (!changed) co_await sleep_for(std::min<Clock::duration>(kErrorPause, deadline.left()));
  *moved = true;
  watch->wake.notify_all();
}

void Watcher::note(Watch& watch, const Result<>& done) {
  auto problem = done ? std::string() : done.error().what;
  if (problem == watch.problem) return;
  if (done)
    log::info("watch.follows_again", {{"service", watch.name()}});
  else
    log::warn("watch.does_not_follow", {{"service", watch.name()}, {"error", problem}});
  watch.problem = std::move(problem);
  count_problems();
}

void Watcher::count_problems() { problem_count_.set(static_cast<double>(problems().size())); }

}  // namespace dfp::reconcile
