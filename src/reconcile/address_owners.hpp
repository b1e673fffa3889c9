#pragma once
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/desired_state.hpp"

namespace dfp::reconcile {

/// To whom addresses belong, as a catalog says it (registry::AddressReport). An address is no identity: when
/// an instance ends, another service's may get its address and port, and answers HAProxy's health check
/// there. Pure.
class AddressOwners {
 public:
  /// Replaces what is known.
  void update(std::vector<model::Instance> owners);

  /// Whoever else the address of a pinned instance belongs to now; nullptr where nobody says so, or where its
  /// own service is registered there (too).
  const model::Instance* taken_by(const model::Instance& pinned) const;
  /// Whether the very instance is registered, at its address.
  bool has(const model::Instance& pinned) const;

 private:
  /// Calls `visit` with everybody at that address and port until it returns true. @return whether it did
  template <class Visitor>
  bool any_at(const model::Instance& pinned, Visitor visit) const;

  std::vector<model::Instance> owners_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_address_;
};

/// Instances that were taken out of services because their addresses are another one's now. They are back
/// when the catalog shows them again just as they were, unless the service was changed meanwhile. Pure.
class Withdrawals {
 public:
  /// Takes out what is taken, and puts back what is no longer. @return whether `service` is another one now
  bool settle(model::Service& service, const AddressOwners& owners);
  /// Whether settle() would change it.
  bool would_settle(const model::Service& service, const AddressOwners& owners) const;
  void forget(const std::string& service) { withdrawn_.erase(service); }
  /// service -> instances
  std::map<std::string, std::vector<model::Instance>> all() const;

 private:
  struct Withdrawn {
    std::uint64_t revision = 0;  ///< of the service
    std::vector<model::Instance> instances;
  };
  const Withdrawn* of(const model::Service& service) const;
  std::map<std::string, Withdrawn> withdrawn_;
};

}  // namespace dfp::reconcile
