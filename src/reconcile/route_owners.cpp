#include "reconcile/route_owners.hpp"

#include "reconcile/ownership.hpp"

namespace dfp::reconcile {
namespace {

/// What is served and not stored loses to every claim, and to nothing else.
constexpr registry::ClaimAge kServedOnly{.unclaimed = true, .version = 0};

}  // namespace

void RouteOwners::set(const std::string& name, const model::Service* service) {
  if (service)
    claims_.set(service->definition);
  else
    claims_.erase(name);
}

bool RouteOwners::disputed(const model::Change& change) const {
  model::RouteClaims fresh;
  for (const auto& [name, service] : change) {
    if (!service) continue;
    const auto& definition = service->definition;
    if (claims_.conflict(definition) || fresh.conflict(definition)) return true;
    fresh.set(definition);
  }
  return false;
}

void RouteOwners::settle(const registry::StoreSnapshot& snapshot, model::Change* change) {
  std::vector<Claimant> claimants;
  for (const auto& [name, stored] : snapshot.services)
    if (!shared_.ledger.of(name).written_by_us_after(snapshot.index) &&
        model::validate(stored.service.definition))
      claimants.push_back({&stored.service.definition, stored.age});
  for (const auto& [name, service] : shared_.state.services) {
    if (auto leaving = change->find(name); leaving != change->end() && !leaving->second) continue;
    const auto* definition = shared_.agreed(name) ? &shared_.agreed(name)->definition : nullptr;
    if (!definition) continue;
    bool ours = shared_.ledger.of(name).written_by_us_after(snapshot.index);
    if (ours)
      claimants.push_back({definition, {.unclaimed = false, .version = shared_.ledger.of(name).own_write}});
    if (!ours && !snapshot.services.contains(name)) claimants.push_back({definition, kServedOnly});
  }
  auto ownership = decide_owners(std::move(claimants));
  for (auto& [name, reason] : ownership.refused) {
    change->erase(name);
    const auto* present = shared_.agreed(name);
    if (present && ownership.owners.conflict(present->definition)) change->emplace(name, std::nullopt);
    shared_.quarantine(name, std::move(reason));
  }
}

void RouteOwners::settle_start(KnownState& known, const registry::StoreSnapshot& snapshot) {
  auto& services = known.wanted.services;
  std::vector<Claimant> claimants;
  for (const auto& [name, version] : known.versions) {
    const auto& age = snapshot.services.at(name).age;
    note_age(name, age);
    claimants.push_back({&services.at(name).definition, age});
  }
  auto ownership = decide_owners(std::move(claimants));
  for (const auto& [name, from] : known.taken_from) {
    auto found = services.find(name);
    if (found == services.end()) continue;
    if (auto conflict = ownership.owners.conflict(found->second.definition))
      ownership.refused.emplace(name, owner_sentence(*conflict));
    else
      ownership.owners.set(found->second.definition);
  }
  for (auto& [name, reason] : ownership.refused) {
    services.erase(name);
    shared_.ledger.edit(name)->source.reset();
    shared_.quarantine(name, std::move(reason));
  }
}

registry::ClaimWrite RouteOwners::claim_for(const model::Service& next) const {
  const auto& definition = next.definition;
  const auto* present = shared_.served(definition.service);
  const auto& record = shared_.ledger.of(definition.service);
  bool kept = present && record.version && !record.unkept;
  registry::ClaimWrite claim;
  claim.renew =
      !kept || !record.claimed || registry::claim_fingerprint(*present) != registry::claim_fingerprint(next);
  bool same_routes = kept && model::routes_of(present->definition) == model::routes_of(definition) &&
                     model::RouteOrder(present->definition) == model::RouteOrder(definition);
  if (same_routes) return claim;
  for (const auto& key : registry::guards_of(definition)) {
    auto known = guards_.find(key);
    claim.guards[key] = known == guards_.end() ? 0 : known->second;
  }
  return claim;
}

void RouteOwners::note_claim(const std::string& name, const registry::ClaimWrite& claim,
                             std::uint64_t version) {
  if (claim.renew) shared_.ledger.edit(name)->claimed = true;
  for (const auto& [key, before] : claim.guards) guards_[key] = version;
  if (!claim.guards.empty()) ++claims_made_;
}

void RouteOwners::note_age(const std::string& name, const registry::ClaimAge& age) {
  shared_.ledger.edit(name)->claimed = !age.unclaimed;
}

}  // namespace dfp::reconcile
