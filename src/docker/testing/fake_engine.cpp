#include "docker/testing/fake_engine.hpp"

#include <algorithm>

namespace dfp::docker::testing {
namespace {

bool wanted(const EventFilter& filter, const Event& event) {
  auto in = [](const std::vector<std::string>& list, const std::string& word) {
    return list.empty() || std::ranges::find(list, word) != list.end();
  };
  return in(filter.types, event.type) && in(filter.actions, event.action.substr(0, event.action.find(':')));
}

}  // namespace

Result<> FakeEngine::reachable() const {
  if (away_) return fail(Errc::Unavailable, "docker: connection refused");
  return {};
}

Result<> FakeEngine::leading() const {
  if (auto ok = reachable(); !ok) return ok;
  if (!manager) return fail(Errc::Unavailable, "docker: This node is not a swarm manager.");
  return {};
}

Task<Result<EngineInfo>> FakeEngine::info(Deadline) {
  if (auto ok = reachable(); !ok) co_return std::unexpected(ok.error());
  co_return engine;
}

Task<Result<std::vector<std::string>>> FakeEngine::container_ids(bool all, Deadline) {
  ++listings_;
  if (auto ok = reachable(); !ok) co_return std::unexpected(ok.error());
  std::vector<std::string> ids;
  for (const auto& [id, container] : containers)
    if (all || container.running) ids.push_back(id);
  co_return ids;
}

Task<Result<Container>> FakeEngine::container(std::string id, Deadline) {
  ++inspections_;
  if (auto ok = reachable(); !ok) co_return std::unexpected(ok.error());
  if (unreadable.contains(id)) co_return fail(Errc::Rejected, "docker: layer does not exist (status 500)");
  for (const auto& [full, container] : containers)
    if (full.starts_with(id) || container.name == id) co_return container;
  co_return fail(Errc::NotFound, "docker: No such container: " + id);
}

Task<Result<std::string>> FakeEngine::container_json(std::string id, Deadline) {
  ++inspections_;
  if (auto ok = reachable(); !ok) co_return std::unexpected(ok.error());
  auto found = container_jsons.find(id);
  if (found == container_jsons.end()) co_return fail(Errc::NotFound, "docker: No such container: " + id);
  co_return found->second;
}

Task<Result<std::vector<SwarmService>>> FakeEngine::services(Deadline) {
  ++listings_;
  if (delay.count() > 0) co_await sleep_for(delay);
  if (auto ok = leading(); !ok) co_return std::unexpected(ok.error());
  co_return swarm_services;
}

Task<Result<std::vector<SwarmTask>>> FakeEngine::tasks(Deadline) {
  if (auto ok = leading(); !ok) co_return std::unexpected(ok.error());
  auto found = swarm_tasks;
  std::erase_if(found, [](const SwarmTask& task) { return task.desired_state != "running"; });
  co_return found;
}

Task<Result<std::vector<SwarmNode>>> FakeEngine::nodes(Deadline) {
  if (auto ok = leading(); !ok) co_return std::unexpected(ok.error());
  co_return swarm_nodes;
}

Task<Result<std::vector<EngineNetwork>>> FakeEngine::networks(Deadline) {
  if (auto ok = reachable(); !ok) co_return std::unexpected(ok.error());
  co_return engine_networks;
}

void FakeEngine::emit(Event event) {
  event.time = std::chrono::nanoseconds(static_cast<std::int64_t>(log_.size()) + 1);
  log_.push_back(std::move(event));
  changed_.notify_all();
}

void FakeEngine::break_streams() {
  ++generation_;
  changed_.notify_all();
}

void FakeEngine::go_away() {
  away_ = true;
  break_streams();
}

void FakeEngine::cancel() {
  ++cancelled_;
  changed_.notify_all();
}

Task<Result<>> FakeEngine::events(EventFilter filter, std::chrono::nanoseconds since,
                                  std::function<void()> on_open, std::function<bool(Event)> on_event,
                                  Clock::duration idle) {
  if (auto ok = reachable(); !ok) co_return ok;
  auto generation = generation_;
  auto cancelled = cancelled_;
  auto next = since.count() == 0 ? log_.size() : static_cast<std::size_t>(since.count());
  struct Open {
    int& count;
    explicit Open(int& c) : count(c) { ++count; }
    ~Open() { --count; }
  } open(open_);
  on_open();
  for (;;) {
    for (; next < log_.size(); ++next)
      if (wanted(filter, log_[next]) && !on_event(log_[next])) co_return Result<>{};
    bool news = co_await changed_.wait(Deadline::after(idle));
    if (cancelled != cancelled_) co_return fail(Errc::Cancelled, "docker: events: cancelled");
    if (generation != generation_) co_return reachable();
    if (!news) co_return fail(Errc::Timeout, "docker: events: nothing came in time");
  }
}

}  // namespace dfp::docker::testing
