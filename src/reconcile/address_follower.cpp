#include "reconcile/address_follower.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;

constexpr auto kReportPause = 100ms;  ///< between two reports: a catalog in motion must not keep us busy
constexpr auto kReportTime = 5s;
constexpr auto kWithdrawTime = 10s;

}  // namespace

Task<> AddressFollower::follow() {
  std::uint64_t position = 0;
  auto pause = shared_.settings.retry_first;
  bool known = true;
  while (!shared_.stopping) {
    auto report = co_await shared_.catalog.addresses(position, Deadline::after(shared_.settings.watch_span));
    if (shared_.stopping) break;
    bool nothing_new = !report && report.error().code == Errc::Timeout;
    if (report) {
      position = report->index;
      pause = shared_.settings.retry_first;
      known = true;
      owners_.update(std::move(report->owners));
      co_await apply();
      co_await shared_.stopping_signal.wait(Deadline::after(kReportPause));
    } else if (!nothing_new) {
      if (known) log::warn("reconcile.addresses_unknown", {{"error", report.error().what}});
      known = false;
      co_await shared_.stopping_signal.wait(Deadline::after(pause));
      pause = std::min(pause * 2, shared_.settings.retry_last);
    }
  }
}

model::Change AddressFollower::with_taken_addresses() const {
  model::Change change;
  for (const auto& [name, service] : shared_.state.services)
    if (withdrawals_.would_settle(service, owners_)) change.emplace(name, service);
  return change;
}

Task<> AddressFollower::apply() {
  auto change = with_taken_addresses();
  if (change.empty()) co_return;
  co_await shared_.driver.prepare(std::move(change),
                                  Deadline::after(kWithdrawTime));  // apply() says what is wrong
  auto lock = co_await shared_.turn.lock();
  change = with_taken_addresses();
  if (change.empty() || shared_.stopping) co_return;
  co_await withdraw_taken(&change);
  std::erase_if(change,
                [&](const auto& entry) { return *entry.second == shared_.state.services.at(entry.first); });
  if (change.empty()) co_return;
  auto applied = co_await shared_.driver.apply(change, Deadline::after(kWithdrawTime));
  if (!applied) {
    log::error("reconcile.addresses_unapplied", {{"error", applied.error().what}});
    co_return;
  }
  for (const auto& [name, service] : change) shared_.note_kept(name);
}

Task<> AddressFollower::withdraw_taken(model::Change* change) {
  auto is_concerned = [&](const auto& entry) {
    return entry.second && withdrawals_.would_settle(*entry.second, owners_);
  };
  if (std::ranges::none_of(*change, is_concerned)) co_return;
  auto fresh = co_await shared_.catalog.addresses(0, Deadline::after(kReportTime));
  if (!fresh) co_return;
  owners_.update(std::move(fresh->owners));
  for (auto& [name, service] : *change)
    if (service) withdrawals_.settle(*service, owners_);
}

Task<> AddressFollower::settle(model::DesiredState* wanted, Deadline deadline) {
  auto report = co_await shared_.catalog.addresses(0, deadline);
  if (!report) co_return;
  owners_.update(std::move(report->owners));
  for (auto& [name, service] : wanted->services) withdrawals_.settle(service, owners_);
}

std::map<std::string, std::string> AddressFollower::withdrawn() const {
  std::map<std::string, std::string> reasons;
  for (const auto& [name, instances] : withdrawals_.all()) {
    std::string text;
    for (const auto& instance : instances) {
      const auto* other = owners_.taken_by(instance);
      text += fmt::format(
          "{}{} at {}:{}, {}", text.empty() ? "" : "; ", instance.id, instance.address, instance.port,
          other ? "which is of service " + other->service + " now" : "which was another one's");
    }
    reasons[name] = std::move(text);
  }
  return reasons;
}

}  // namespace dfp::reconcile
