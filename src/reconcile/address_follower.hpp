#pragma once
#include <map>
#include <string>

#include "reconcile/address_owners.hpp"
#include "reconcile/shared.hpp"

namespace dfp::reconcile {

/// Takes instances out whose address belongs to somebody else now, whatever else keeps them in (ADR 15). Not
/// stored: every proxy sees it for itself, and a pin stays what was asked for.
class AddressFollower {
 public:
  explicit AddressFollower(Shared& shared) : shared_(shared) {}

  /// Runs until the reconciler stops.
  Task<> follow();
  /// A service that is applied as it was stored may have instances whose addresses are others' by now. What a
  /// report says about them is read again first: they may be younger than it. In turn.
  /// @param change the caller's, which awaits
  Task<> withdraw_taken(model::Change* change);
  /// The same for all that is about to be served, at the start. @param wanted the caller's, which awaits
  Task<> settle(model::DesiredState* wanted, Deadline deadline);

  /// The service is not served any more.
  void forget(const std::string& service) { withdrawals_.forget(service); }
  /// Services with the pinned instances that are not used, for people.
  std::map<std::string, std::string> withdrawn() const;

 private:
  Task<> apply();
  model::Change with_taken_addresses() const;

  Shared& shared_;
  AddressOwners owners_;
  Withdrawals withdrawals_;
};

}  // namespace dfp::reconcile
