#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "model/route_table.hpp"
#include "reconcile/shared.hpp"
#include "reconcile/start_sources.hpp"

namespace dfp::reconcile {

/// Who may serve a route that several stored services claim, and how this proxy makes its own claims: the
/// rules of ADR 16. Knows the claims of what is served, and the guards of all claims as they were read or
/// written last. Used in turn, but for conflict().
class RouteOwners {
 public:
  explicit RouteOwners(Shared& shared) : shared_(shared) {}

  /// A service is served as it says now (nullptr: no more).
  void set(const std::string& name, const model::Service* service);
  /// Whose route a definition would take.
  std::optional<model::RouteConflict> conflict(const model::Definition& definition) const {
    return claims_.conflict(definition);
  }

  /// Whether a change of services brings equal routes that may not stand beside each other. Cheap: the whole
  /// store is gone through only then.
  bool disputed(const model::Change& change) const;
  /// Takes out of a change what would take a route from its owner, and out of service what has lost its route
  /// to an older claim. Both are quarantined by name.
  void settle(const registry::StoreSnapshot& snapshot, model::Change* change);
  /// The same at the start: among stored services the oldest claim on a route counts. What another source
  /// knows gets a route that is left.
  void settle_start(KnownState& known, const registry::StoreSnapshot& snapshot);

  /// A claim on routes goes through only where this proxy knows the latest claims on them; then its index of
  /// the owners is right. Asked before `next` is applied: it is compared with what is served.
  registry::ClaimWrite claim_for(const model::Service& next) const;
  /// The claim was written.
  void note_claim(const std::string& name, const registry::ClaimWrite& claim, std::uint64_t version);
  /// A reading says how old the service's claim is.
  void note_age(const std::string& name, const registry::ClaimAge& age);

  const registry::GuardVersions& guards() const { return guards_; }
  /// As they were read.
  void set_guards(registry::GuardVersions guards) { guards_ = std::move(guards); }
  /// Counts our renewals of guards: a reading that was begun before the last one does not show it.
  std::uint64_t claims_made() const { return claims_made_; }

 private:
  Shared& shared_;
  model::RouteClaims claims_;  ///< index over what is served
  registry::GuardVersions guards_;
  std::uint64_t claims_made_ = 0;
};

}  // namespace dfp::reconcile
