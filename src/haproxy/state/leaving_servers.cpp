#include "haproxy/state/leaving_servers.hpp"

#include <algorithm>

namespace dfp::haproxy {
namespace {

// The first try waits for requests that had chosen the backend just before the change. It puts the server
// into maintenance, which closes its idle connections a moment later: the next tries follow soon. A
// connection that lasts (a web socket) makes them rare.
constexpr auto kFirstTry = std::chrono::milliseconds(100);
constexpr auto kFirstPause = std::chrono::milliseconds(5);
constexpr auto kLastPause = std::chrono::seconds(10);

}  // namespace

void LeavingServers::add(const std::string& backend, const std::string& server, Clock::time_point now) {
  servers_[backend].try_emplace(server, Retry{now + kFirstTry, kFirstPause});
}

bool LeavingServers::contains(const std::string& backend, const std::string& server) const {
  auto found = servers_.find(backend);
  return found != servers_.end() && found->second.contains(server);
}

bool LeavingServers::erase(const std::string& backend, const std::string& server) {
  auto found = servers_.find(backend);
  if (found == servers_.end()) return false;
  found->second.erase(server);
  if (!found->second.empty()) return false;
  servers_.erase(found);
  return true;
}

std::vector<LeavingServers::Leaving> LeavingServers::due(Clock::time_point now, std::size_t limit) {
  std::vector<Leaving> due;
  for (auto& [backend, servers] : servers_)
    for (auto& [server, retry] : servers) {
      if (due.size() == limit) return due;
      if (retry.at > now) continue;
      retry.pause = std::min<Clock::duration>(retry.pause * 2, kLastPause);
      retry.at = now + retry.pause;
      due.push_back({backend, server});
    }
  return due;
}

Clock::time_point LeavingServers::next_due() const {
  auto next = Clock::time_point::max();
  for (const auto& [backend, servers] : servers_)
    for (const auto& [server, retry] : servers) next = std::min(next, retry.at);
  return next;
}

std::vector<LeavingServers::Leaving> LeavingServers::all() const {
  std::vector<Leaving> all;
  for (const auto& [backend, servers] : servers_)
    for (const auto& [server, retry] : servers) all.push_back({backend, server});
  return all;
}

std::size_t LeavingServers::count() const {
  std::size_t count = 0;
  for (const auto& [backend, servers] : servers_) count += servers.size();
  return count;
}

}  // namespace dfp::haproxy
