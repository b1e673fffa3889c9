#include "reconcile/orders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dfp::reconcile {

Orders::Ticket::Ticket(Orders& orders, std::string service)
    : orders_(orders), service_(std::move(service)), number_(orders.next_++) {
  ++orders_.entries_[service_].under_way;
}

Orders::Ticket::~Ticket() {
  auto entry = orders_.entries_.find(service_);
  if (--entry->second.under_way == 0) orders_.entries_.erase(entry);
}

Result<> Orders::Ticket::check() const {
  if (orders_.entries_.at(service_).carried_out < number_) return {};
  return fail(Errc::Conflict,
              fmt::format("a later request has changed service {} while this one waited; nothing was changed "
                          "by this one",
                          service_));
}

Result<> Orders::Ticket::check_after_wait() const {
  if (auto latest = check(); !latest) return latest;
  if (orders_.entries_.at(service_).elsewhere < number_) return {};
  return fail(Errc::Conflict,
              fmt::format("another proxy has changed service {} while this request waited; nothing was "
                          "changed by this one",
                          service_));
}

void Orders::Ticket::carried_out() {
  auto& latest = orders_.entries_.at(service_).carried_out;
  latest = std::max(latest, number_);
}

void Orders::changed_elsewhere(const std::string& service) {
  auto entry = entries_.find(service);
  if (entry != entries_.end()) entry->second.elsewhere = next_++;
}

}  // namespace dfp::reconcile
