#pragma once
#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "model/desired_state.hpp"

/// How the store knows who claimed a route first, and keeps two proxies from claiming it at once. Pure.
///
/// PREFIX/SERVICE/claim is written with the record whenever the service's routes, or what orders them,
/// change; its version is the age of the claim. A record that somebody changed without it (another program,
/// an original 1.0, an older release) has no claim, and every claim is older than it. PREFIX/_/routes/00 ...
/// 15 are guards: a claim renews those that its routes fall on, if they are still as its proxy knows them. So
/// a proxy that does not know the latest claim on a route cannot make another one. See
/// docs/adr/0016-a-route-has-one-owner.md.
namespace dfp::registry {

/// The older one comes first in the order of this type.
struct ClaimAge {
  bool unclaimed = true;  ///< the record has no claim that fits it
  std::uint64_t version = 0;
  auto operator<=>(const ClaimAge&) const = default;
};

/// Versions of the guards that were ever written, by name ("00").
using GuardVersions = std::map<std::string, std::uint64_t, std::less<>>;

/// The guards that a definition's routes fall on; at most 16. Stable for ever: all releases agree.
std::set<std::string> guards_of(const model::Definition& definition);

/// What a claim is for: the routes, what orders them, and what a template gave. Two services with the same
/// fingerprint claim the same.
std::string claim_fingerprint(const model::Service& service);

/// The value of the key `claim`, and whether it is for this service as it stands in the record.
std::string render_claim(const model::Service& service, std::string_view write);
bool claim_fits(std::string_view claim, const model::Service& service);

/// What a write does to claims.
struct ClaimWrite {
  bool renew = false;         ///< the routes changed, or there was no claim
  GuardVersions guards = {};  ///< to be renewed, each only if it still has this version (0: absent)
};

}  // namespace dfp::registry
