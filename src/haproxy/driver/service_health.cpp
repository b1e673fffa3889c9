#include "haproxy/driver/service_health.hpp"

#include "haproxy/runtime/stat.hpp"
#include "haproxy/state/server_names.hpp"

namespace dfp::haproxy {
namespace {

constexpr std::size_t kSinglyAsked = 20;  ///< backends; more are asked for with all others

}  // namespace

/// One for each backend where they are few, else one for all.
std::vector<std::string> ServiceHealth::commands(const std::set<std::string>& services) const {
  std::vector<std::string> commands;
  for (const auto& service : services)
    for (const auto& [destination, wanted] : applied_.backends_now(service))
      if (auto* backend = pool_.backend_of(destination)) commands.push_back(runtime::show_servers(*backend));
  if (commands.size() > kSinglyAsked) commands = {runtime::show_servers()};
  return commands;
}

Task<Result<Driver::Health>> ServiceHealth::read(std::unique_ptr<runtime::Session> session,
                                                 std::set<std::string> services, Deadline deadline) const {
  auto replies = co_await session->run(commands(services), deadline);
  if (!replies) co_return std::unexpected(replies.error());
  Driver::Health health;
  Result<> outcome;
  for (const auto& reply : *replies) add(reply, services, health, outcome);
  if (!outcome) co_return std::unexpected(outcome.error());
  for (const auto& service : services) add_unhealthy(service, health);
  co_return health;
}

void ServiceHealth::add(const std::string& reply, const std::set<std::string>& services,
                        Driver::Health& health, Result<>& outcome) const {
  auto stats = runtime::parse_server_stats(reply);
  if (!stats) {
    outcome = std::unexpected(stats.error());
    return;
  }
  for (const auto& stat : *stats) {
    auto found = find_server(applied_, pool_, stat.backend, stat.server);
    if (!found || !found->server || !services.contains(found->destination.service)) continue;
    const auto& [destination, server] = *found;
    health[destination.service].push_back(
        {destination.index, server->address, server->port, stat.status, stat.since, stat.check, stat.text});
  }
}

/// Those that checks of our own have taken out are not there any more.
void ServiceHealth::add_unhealthy(const std::string& service, Driver::Health& health) const {
  auto reasons = prober_.reasons(service);
  for (const auto& [server, check] : applied_.checked_servers(service, addresses_))
    if (auto reason = reasons.find(server.name); reason != reasons.end())
      health[service].push_back(
          {model::kFirstDestination, server.address, server.port, "DOWN", {}, check.text(), reason->second});
}

}  // namespace dfp::haproxy
