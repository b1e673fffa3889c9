#pragma once
#include <map>
#include <string>
#include <vector>

#include "model/route_table.hpp"
#include "registry/route_claim.hpp"

namespace dfp::reconcile {

/// A service that claims routes, as it stands in the store.
struct Claimant {
  const model::Definition* definition;  ///< belongs to the caller
  registry::ClaimAge age;
};

/// Who of all claimants may serve.
struct Ownership {
  model::RouteClaims owners;                   ///< the routes of all that may
  std::map<std::string, std::string> refused;  ///< all others by name, with the reason
};

/// The older claim wins, and nothing else counts: every proxy comes to the same end from the same store, in
/// whatever order it has seen the records. A service is refused as a whole, with the routes that nobody else
/// claims too. A record that carries no claim cannot take a route over (takeOver).
/// Costs time in proportion to the number of all routes: about 5 us each.
Ownership decide_owners(std::vector<Claimant> claimants);

/// "path_beg example.com/demo belongs to service x".
std::string owner_sentence(const model::RouteConflict& conflict);

}  // namespace dfp::reconcile
