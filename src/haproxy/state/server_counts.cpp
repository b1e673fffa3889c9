#include "haproxy/state/server_counts.hpp"

#include <set>
#include <unordered_map>

namespace dfp::haproxy {

ServerCounts count_servers(const runtime::LiveState& live, const AppliedState& applied,
                           const BackendPool& pool) {
  std::unordered_map<std::string_view, std::size_t> up;  // by backend
  for (const auto& row : live.servers)
    if (row.up && !row.maintenance && !row.draining) ++up[row.backend];
  ServerCounts counts;
  std::set<std::string> without;
  for (const auto& [destination, backend] : pool.all()) {
    auto found = up.find(backend);
    if (found != up.end()) {
      counts.up += found->second;
      continue;
    }
    auto name = model::parse_destination_key(destination);
    auto service = name ? applied.state().services.find(name->service) : applied.state().services.end();
    if (service != applied.state().services.end() && !service->second.definition.has_template())
      without.insert(name->service);
  }
  counts.services_without_server = without.size();
  return counts;
}

}  // namespace dfp::haproxy
