#include "haproxy/state/traffic_book.hpp"

#include <algorithm>
#include <utility>

namespace dfp::haproxy {
namespace {
using runtime::Traffic;

void add_difference(Traffic& total, const Traffic& now, const Traffic& before) {
  for (std::size_t i = 0; i < runtime::kCounts; ++i) {
    bool cleared = now.counts[i] < before.counts[i];  // by somebody's "clear counters all"
    total.counts[i] += now.counts[i] - (cleared ? 0 : before.counts[i]);
  }
}

void add_moment(Traffic& total, const Traffic& now) {
  total.sessions += now.sessions;
  total.queued += now.queued;
  for (std::size_t i = 0; i < runtime::kSpans; ++i)
    total.averages[i] = std::max(total.averages[i], now.averages[i]);
}

void forget_moment(std::map<std::string, Traffic>& all) {
  for (auto& [name, traffic] : all) {
    traffic.sessions = traffic.queued = 0;
    traffic.averages = {};
  }
}

}  // namespace

void TrafficBook::begin(std::uint64_t worker) {
  first_ = !worker_;
  if (worker_ != worker) seen_.clear();
  worker_ = worker;
}

/// @return what it adds to; nullptr for nothing
Traffic* TrafficBook::count(const runtime::TrafficStat& stat, const Owner& owner_of) {
  auto& seen = seen_[{stat.frontend, stat.proxy}];
  auto before = std::exchange(seen.traffic, stat.traffic);
  if (stat.frontend) {
    auto& total = frontends_[stat.proxy];
    if (!first_) add_difference(total, stat.traffic, before);
    return &total;
  }
  auto now = owner_of(stat.proxy).value_or("");
  auto earlier = std::exchange(seen.owner, now);
  const auto& owner = now.empty() ? earlier : now;
  if (owner.empty()) return nullptr;
  auto& total = services_[owner];
  bool known = earlier.empty() || earlier == owner;  // else nobody knows when it changed hands
  if (!first_ && known) add_difference(total, stat.traffic, before);
  return &total;
}

void TrafficBook::take_all(std::uint64_t worker, const std::vector<runtime::TrafficStat>& stats,
                           const Owner& owner_of) {
  begin(worker);
  forget_moment(services_);
  forget_moment(frontends_);
  std::set<std::string> present;
  for (const auto& stat : stats) {
    bool older = !stat.frontend && newer_.contains(stat.proxy);
    if (auto* total = older ? nullptr : count(stat, owner_of)) add_moment(*total, stat.traffic);
    if (auto owner = stat.frontend ? std::nullopt : owner_of(stat.proxy)) present.insert(std::move(*owner));
  }
  std::erase_if(services_, [&](const auto& entry) { return !present.contains(entry.first); });
}

void TrafficBook::take_some(std::uint64_t worker, const std::vector<runtime::TrafficStat>& stats,
                            const Owner& owner_of) {
  if (worker_ != worker) return;  // it has not been read as a whole
  begin(worker);
  for (const auto& stat : stats) {
    count(stat, owner_of);
    newer_.insert(stat.proxy);
  }
}

}  // namespace dfp::haproxy
