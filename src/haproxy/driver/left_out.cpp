#include "haproxy/driver/left_out.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/log.hpp"
#include "haproxy/state/offender.hpp"
#include "haproxy/state/template_error.hpp"

namespace dfp::haproxy {
using namespace std::chrono_literals;
namespace {

constexpr auto kFirstPause = 1s;
constexpr auto kLastPause = 60s;

/// Of the proxy's own ports; without the others nothing is served at all.
bool can_be_left_out(const std::string& port) { return port == kHttpsPort || port == kStatsPort; }

}  // namespace

std::vector<WantedPort> wanted_ports(const Settings& settings, const config::Surroundings& surroundings,
                                     const AppliedState& applied) {
  auto wanted = own_ports(settings, surroundings);
  for (const auto& [service, fragment] : applied.templates().all())
    if (!applied.templates().is_suspended(service))
      std::ranges::copy(ports_of(service, fragment), std::back_inserter(wanted));
  return wanted;
}

Task<Result<std::vector<process::ReservedPort>>> LeftOut::claim() {
  for (;;) {
    auto claimed = co_await listening_.claim(wanted_ports(settings_, surroundings_, applied_));
    if (claimed) co_return std::move(*claimed);
    const auto& [service, port, why] = claimed.error();
    if (!service.empty()) {
      suspend(service, template_error(applied_.state().services.at(service), why));
      continue;
    }
    if (!can_be_left_out(port)) co_return std::unexpected(why);
    leave_out_port(port, why);
  }
}

bool LeftOut::blame(const Error& why, std::string_view config) {
  auto service = offending_service(why.what, config);
  if (!service || applied_.templates().is_suspended(*service) ||
      !applied_.templates().all().contains(*service))
    return false;
  suspend(*service, why);
  return true;
}

void LeftOut::suspend(const std::string& service, const Error& why) {
  applied_.templates().suspend(service, why.what);
  if (before_ && before_->services.contains(service)) return;
  log::error("haproxy.service_left_out", {{"service", service}, {"reason", why.what}});
  be_due_soon();
}

void LeftOut::leave_out_port(const std::string& port, const Error& why) {
  surroundings_.without.insert(port);
  if (before_ && before_->ports.contains(port)) return;
  log::error("haproxy.port_left_out", {{"port", port}, {"reason", why.what}});
  be_due_soon();
}

void LeftOut::be_due_soon() {
  pause_ = kFirstPause;
  next_ = Clock::now() + pause_;
}

void LeftOut::begin_try() {
  before_ = state();
  for (const auto& [service, reason] : before_->services) applied_.templates().resume(service);
  surroundings_.without.clear();
  pause_ = std::clamp<Clock::duration>(pause_ * 2, kFirstPause, kLastPause);
  next_ = Clock::now() + pause_;
}

void LeftOut::end_try(bool served) {
  auto before = std::exchange(before_, std::nullopt);
  if (!before) return;
  if (!served) {
    for (const auto& [service, reason] : before->services) applied_.templates().suspend(service, reason);
    surroundings_.without = std::move(before->ports);
    return;
  }
  for (const auto& [service, reason] : before->services)
    if (!applied_.templates().is_suspended(service))
      log::info("haproxy.service_back", {{"service", service}});
  for (const auto& port : before->ports)
    if (!surroundings_.without.contains(port)) log::info("haproxy.port_back", {{"port", port}});
}

}  // namespace dfp::haproxy
