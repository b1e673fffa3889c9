// Instances whose address belongs to somebody else now are taken out, whatever else keeps them in.
#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "reconcile/reconciler_impl.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;

constexpr auto kReportPause = 100ms;  ///< between two reports: a catalog in motion must not keep us busy
constexpr auto kReportTime = 5s;
constexpr auto kWithdrawTime = 10s;

}  // namespace

Task<> Reconciler::Impl::follow_addresses() {
  std::uint64_t position = 0;
  auto pause = settings.retry_first;
  bool known = true;
  while (!stopping) {
    auto report = co_await catalog.addresses(position, Deadline::after(settings.watch_span));
    if (stopping) break;
    bool nothing_new = !report && report.error().code == Errc::Timeout;
    if (report) {
      position = report->index;
      pause = settings.retry_first;
      known = true;
      addresses.update(std::move(report->owners));
      co_await apply_addresses();
      co_await stopping_signal.wait(Deadline::after(kReportPause));
    } else if (!nothing_new) {
      if (known) log::warn("reconcile.addresses_unknown", {{"error", report.error().what}});
      known = false;
      co_await stopping_signal.wait(Deadline::after(pause));
      pause = std::min(pause * 2, settings.retry_last);
    }
  }
}

model::Change Reconciler::Impl::with_taken_addresses() const {
  model::Change change;
  for (const auto& [name, service] : state.services)
    if (withdrawals.would_settle(service, addresses)) change.emplace(name, service);
  return change;
}

/// Not stored: every proxy sees it for itself, and a pin stays what was asked for.
Task<> Reconciler::Impl::apply_addresses() {
  auto change = with_taken_addresses();
  if (change.empty()) co_return;
  co_await driver.prepare(std::move(change), Deadline::after(kWithdrawTime));  // apply() says what is wrong
  auto lock = co_await turn.lock();
  change = with_taken_addresses();
  if (change.empty() || stopping) co_return;
  co_await withdraw_taken(&change);
  std::erase_if(change, [&](const auto& entry) { return *entry.second == state.services.at(entry.first); });
  if (change.empty()) co_return;
  auto applied = co_await driver.apply(change, Deadline::after(kWithdrawTime));
  if (!applied) {
    log::error("reconcile.addresses_unapplied", {{"error", applied.error().what}});
    co_return;
  }
  for (const auto& [name, service] : change) note_kept(name);
}

/// A service that is applied as it was stored may have instances whose addresses are others' by now. What a
/// report says about them is read again first: they may be younger than it.
Task<> Reconciler::Impl::withdraw_taken(model::Change* change) {
  auto is_concerned = [&](const auto& entry) {
    return entry.second && withdrawals.would_settle(*entry.second, addresses);
  };
  if (std::ranges::none_of(*change, is_concerned)) co_return;
  auto fresh = co_await catalog.addresses(0, Deadline::after(kReportTime));
  if (!fresh) co_return;
  addresses.update(std::move(fresh->owners));
  for (auto& [name, service] : *change)
    if (service) withdrawals.settle(*service, addresses);
}

std::map<std::string, std::string> Reconciler::withdrawn() const {
  std::map<std::string, std::string> reasons;
  for (const auto& [name, instances] : impl_->withdrawals.all()) {
    std::string text;
    for (const auto& instance : instances) {
      const auto* other = impl_->addresses.taken_by(instance);
      text += fmt::format(
          "{}{} at {}:{}, {}", text.empty() ? "" : "; ", instance.id, instance.address, instance.port,
          other ? "which is of service " + other->service + " now" : "which was another one's");
    }
    reasons[name] = std::move(text);
  }
  return reasons;
}

}  // namespace dfp::reconcile
