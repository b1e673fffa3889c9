// Checks that HAProxy does not make: of instances that it does not know yet, and those whose answer counts.
#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "haproxy/config/writer.hpp"
#include "haproxy/driver/driver_impl.hpp"
#include "probe/check.hpp"

namespace dfp::haproxy {
using namespace std::chrono_literals;
namespace {

constexpr auto kApplyTime = 10s;
constexpr auto kRetryPause = 1s;

net::Endpoint endpoint_of(const std::string& address, std::uint16_t port) {
  return {net::Endpoint::Kind::Tcp, address, port};
}

/// The backend that serves a destination in a running worker; empty for none.
std::string_view live_backend(const LiveState& live, std::string_view destination) {
  auto found = std::ranges::find(live.backends, destination, &runtime::MapEntry::key);
  if (found == live.backends.end()) return {};
  std::string_view value = found->value;
  auto bar = value.find('|');
  if (bar == std::string_view::npos) return value;
  return live.flags.contains(kCommitted) ? value.substr(bar + 1) : value.substr(0, bar);
}

/// The servers in use of all destinations of a service.
std::set<std::string_view> serving(const LiveState& live, const model::Definition& definition) {
  std::set<std::string_view> backends;
  for (const auto& [index, destination] : definition.destinations())
    backends.insert(live_backend(live, model::destination_key(definition.service, index)));
  std::set<std::string_view> names;
  for (const auto& row : live.servers)
    if (backends.contains(row.backend) && !row.maintenance) names.insert(row.name);
  return names;
}

}  // namespace

model::HealthCheck Driver::Impl::complete(model::HealthCheck check) const {
  if (!check.interval) check.interval = settings.checks.interval;
  if (!check.timeout) check.timeout = check.interval;
  if (!check.rise) check.rise = settings.checks.rise;
  if (!check.fall) check.fall = settings.checks.fall;
  return check;
}

Task<Result<>> Driver::check(model::Instance instance, model::HealthCheck check, Deadline deadline) {
  auto self = impl_;
  check = self->complete(std::move(check));
  auto until = deadline.min(Deadline::after(*check.timeout));
  auto host = config::is_ip_address(instance.address) ? std::set<std::string>{} : std::set{instance.address};
  co_await self->names.look_up(std::move(host), Names::kLife, until);
  auto address = self->names.addresses().of(instance);
  if (!address) {
    auto name = self->names.state(instance);
    co_return fail(Errc::Unavailable, name ? name->problem : "its host name was not looked up in time");
  }
  auto interrupt = std::make_shared<net::Interrupt>();
  auto checked = co_await probe::check_once(self->executor, endpoint_of(*address, instance.port),
                                            std::move(check), std::move(interrupt), until);
  co_return checked;
}

void Driver::Impl::watch_health(const std::vector<std::string>& services) {
  for (const auto& service : services) {
    std::vector<probe::Target> targets;
    for (auto& [server, check] : applied_state.checked_servers(service, names.addresses()))
      targets.push_back({server.name, endpoint_of(server.address, server.port), complete(std::move(check))});
    prober.set(service, std::move(targets));
  }
}

Task<> Driver::Impl::follow_health(Self self) {
  while (!self->stopping) {
    auto services = co_await self->prober.wait_for_changes();
    if (self->stopping) co_return;
    auto done = co_await self->apply_health(services);
    if (done) continue;
    log::error("haproxy.health_unapplied", {{"error", done.error().what}});
    for (const auto& service : services) self->prober.repeat(service);
    co_await self->stop_signal.wait(Deadline::after(kRetryPause));
  }
}

Task<Result<>> Driver::Impl::apply_health(std::set<std::string> services) {
  auto lock = co_await turn.lock();
  model::Change change;
  for (const auto& name : services) {
    applied_state.set_down(name, prober.down(name));
    auto found = applied_state.state().services.find(name);
    if (found != applied_state.state().services.end()) change.emplace(name, found->second);
  }
  if (stopping || plan(change).means() == model::Means::Nothing) co_return Result<>{};
  auto done = co_await apply_at_runtime(std::move(change), Deadline::after(kApplyTime));
  update_gauges();
  co_return done;
}

/// Where none of a service's servers is there they are new, of another colour say, and not taken out.
void Driver::Impl::adopt_health(const LiveState& live) {
  model::Change change;
  for (const auto& [name, service] : applied_state.state().services) {
    auto present = serving(live, service.definition);
    std::set<std::string> missing;
    auto checked = applied_state.checked_servers(name, names.addresses());
    for (const auto& [server, check] : checked)
      if (!present.contains(server.name)) missing.insert(server.name);
    if (missing.empty() || missing.size() == checked.size()) continue;
    prober.assume_down(name, missing);
    applied_state.set_down(name, std::move(missing));
    change.emplace(name, service);
  }
  auto changed = applied_state.change(change, names.addresses());
  if (!changed) log::warn("haproxy.health_unknown", {{"error", changed.error().what}});
}

std::vector<std::string> Driver::Impl::unhealthy(const std::string& service) const {
  auto reasons = prober.reasons(service);
  std::vector<std::string> all;
  const auto& suspended = applied_state.templates().suspended();
  if (auto why = suspended.find(service); why != suspended.end()) all.push_back("not loaded: " + why->second);
  for (const auto& [server, check] : applied_state.checked_servers(service, names.addresses()))
    if (auto reason = reasons.find(server.name); reason != reasons.end())
      all.push_back(fmt::format("{}:{}: {}", server.address, server.port, reason->second));
  return all;
}

}  // namespace dfp::haproxy
