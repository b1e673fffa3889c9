#include "haproxy/driver/names.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "base/wait.hpp"
#include "haproxy/config/writer.hpp"
#include "net/lookup.hpp"

namespace dfp::haproxy {
namespace {
using namespace std::chrono_literals;

constexpr auto kLookupTime = 1s;   ///< for one name; a second of a hundred dead names is a second in all
constexpr auto kFailureLife = 3s;  ///< a failure is not asked for again before
constexpr auto kOnItsWay = 2min;   ///< a change that waits for its turn
constexpr std::size_t kAtOnce = net::kInstanceLookups;

}  // namespace

bool Names::used_by(const model::Service& service) {
  return std::ranges::any_of(service.instances,
                             [](const auto& instance) { return !config::is_ip_address(instance.address); });
}

std::set<std::string> Names::in(const model::Change& change) {
  std::set<std::string> names;
  for (const auto& [service, wanted] : change)
    if (wanted)
      for (const auto& instance : wanted->instances)
        if (!config::is_ip_address(instance.address)) names.insert(instance.address);
  return names;
}

std::set<std::string> Names::in(const config::Fragment& fragment) {
  std::set<std::string> names;
  for (const auto& server : fragment.named_servers) names.insert(server.host);
  for (const auto& server : fragment.doubtful_servers) names.insert(server.host);
  return names;
}

bool Names::is_fresh(const std::string& name, Clock::duration age) const {
  auto known = entries_.find(name);
  if (known == entries_.end()) return false;
  auto life = known->second.state.problem.empty() ? age : std::max<Clock::duration>(age, kFailureLife);
  return Clock::now() - known->second.asked <= life;
}

bool Names::are_fresh(const std::set<std::string>& names, Clock::duration age) const {
  return std::ranges::all_of(names, [&](const auto& name) { return is_fresh(name, age); });
}

Task<> Names::look_up(std::set<std::string> names, Clock::duration age, Deadline deadline) {
  std::vector<std::string> due;
  for (const auto& name : names)
    if (!is_fresh(name, age)) due.push_back(name);
  if (due.empty()) co_return;
  auto look_up_at = [&](std::size_t n) { return look_up_one(due[n], deadline); };
  co_await for_each_concurrently(due.size(), kAtOnce, look_up_at);
}

Task<> Names::look_up_one(std::string name, Deadline deadline) {
  auto limit = deadline.min(Deadline::after(kLookupTime));
  auto found = co_await net::look_up_host(executor_, name, limit);
  if (found)
    note(name, *found, "");
  else
    note(name, "", found.error().what);
}

void Names::note(const std::string& name, const std::string& address, std::string problem) {
  auto& entry = entries_[name];
  entry.asked = Clock::now();
  auto& state = entry.state;
  if (!problem.empty() && state.problem.empty())
    log::warn("haproxy.name_unknown", {{"name", name}, {"error", problem}, {"kept_address", state.address}});
  if (problem.empty() && !state.problem.empty()) log::info("haproxy.name_known_again", {{"name", name}});
  if (!address.empty() && !state.address.empty() && address != state.address)
    log::info("haproxy.name_moved", {{"name", name}, {"from", state.address}, {"to", address}});
  state.problem = std::move(problem);
  if (address.empty()) return;
  state.address = address;
  addresses_.of_names.insert_or_assign(name, address);
}

std::optional<Names::State> Names::state(const model::Instance& instance) const {
  auto known = entries_.find(instance.address);
  auto state = known == entries_.end() ? std::nullopt : std::optional(known->second.state);
  if (!addresses_.is_barred(instance)) return state;
  auto address = state ? state->address : instance.address;
  return State{
      "", fmt::format("{}:{} is this proxy's own API, which must not be published", address, instance.port)};
}

void Names::remember(const std::string& name, const std::string& address) {
  auto& state = entries_[name].state;
  if (!state.address.empty()) return;
  state.address = address;
  addresses_.of_names.emplace(name, address);
}

void Names::keep_only(const std::set<std::string>& names) {
  auto now = Clock::now();
  std::erase_if(entries_, [&](const auto& entry) {
    return !names.contains(entry.first) && now - entry.second.asked > kOnItsWay;
  });
  std::erase_if(addresses_.of_names, [&](const auto& entry) { return !entries_.contains(entry.first); });
}

}  // namespace dfp::haproxy
