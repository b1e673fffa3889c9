// Who may serve a route that several stored services claim, and how this proxy makes its own claims.
#include "base/log.hpp"
#include "reconcile/ownership.hpp"
#include "reconcile/reconciler_impl.hpp"

namespace dfp::reconcile {
namespace {

/// What is served and not stored loses to every claim, and to nothing else.
constexpr registry::ClaimAge kServedOnly{.unclaimed = true, .version = 0};

}  // namespace

/// Whether a change of services brings equal routes that may not stand beside each other. Cheap: the whole
/// store is gone through only then.
bool Reconciler::Impl::disputed(const model::Change& change) const {
  model::RouteClaims fresh;
  for (const auto& [name, service] : change) {
    if (!service) continue;
    const auto& definition = service->definition;
    if (claims.conflict(definition) || fresh.conflict(definition)) return true;
    fresh.set(definition);
  }
  return false;
}

/// Takes out of a change what would take a route from its owner, and out of service what has lost its route
/// to an older claim. Both are quarantined by name.
void Reconciler::Impl::settle_owners(const registry::StoreSnapshot& snapshot, model::Change* change) {
  std::vector<Claimant> claimants;
  for (const auto& [name, stored] : snapshot.services)
    if (!ledger.of(name).written_by_us_after(snapshot.index) && model::validate(stored.service.definition))
      claimants.push_back({&stored.service.definition, stored.age});
  for (const auto& [name, service] : state.services) {
    if (auto leaving = change->find(name); leaving != change->end() && !leaving->second) continue;
    const auto* definition = agreed(name) ? &agreed(name)->definition : nullptr;
    if (!definition) continue;
    bool ours = ledger.of(name).written_by_us_after(snapshot.index);
    if (ours) claimants.push_back({definition, {.unclaimed = false, .version = ledger.of(name).own_write}});
    if (!ours && !snapshot.services.contains(name)) claimants.push_back({definition, kServedOnly});
  }
  auto ownership = decide_owners(std::move(claimants));
  for (auto& [name, reason] : ownership.refused) {
    change->erase(name);
    const auto* present = agreed(name);
    if (present && ownership.owners.conflict(present->definition)) change->emplace(name, std::nullopt);
    quarantine(name, std::move(reason));
  }
}

/// A text that no proxy has vouched for is never used: it is made anew from our own template, or the service
/// is not served.
Task<> Reconciler::Impl::render_unclaimed(const registry::StoreSnapshot* snapshot, model::Change* change,
                                          Deadline deadline) {
  std::vector<std::string> names;
  for (const auto& [name, service] : *change)
    if (service && service->definition.has_template() && snapshot->services.at(name).age.unclaimed)
      names.push_back(name);
  for (const auto& name : names) {
    auto rendered = co_await contents.render(*change->at(name), deadline);
    if (rendered) {
      change->at(name) = std::move(*rendered);
      continue;
    }
    change->erase(name);
    quarantine(
        name, "written by somebody else, and its template cannot be rendered here: " + rendered.error().what);
  }
}

void Reconciler::Impl::drop_unclaimed_texts(model::DesiredState* recovered) {
  for (const auto& [name, reason] : ledger.not_refreshed()) {
    auto found = recovered->services.find(name);
    const auto& record = ledger.of(name);
    if (found == recovered->services.end() || record.claimed || record.source) continue;
    if (!found->second.definition.has_template()) continue;
    quarantine(name, "written by somebody else, and its template cannot be rendered here: " + reason);
    recovered->services.erase(found);
  }
}

/// A claim on routes goes through only where this proxy knows the latest claims on them; then its index of
/// the owners is right.
registry::ClaimWrite Reconciler::Impl::claim_for(const model::Service& next) const {
  const auto& definition = next.definition;
  const auto* present = served(definition.service);
  const auto& record = ledger.of(definition.service);
  bool kept = present && record.version && !record.unkept;
  registry::ClaimWrite claim;
  claim.renew =
      !kept || !record.claimed || registry::claim_fingerprint(*present) != registry::claim_fingerprint(next);
  bool same_routes = kept && model::routes_of(present->definition) == model::routes_of(definition) &&
                     model::RouteOrder(present->definition) == model::RouteOrder(definition);
  if (same_routes) return claim;
  for (const auto& key : registry::guards_of(definition)) {
    auto known = guards.find(key);
    claim.guards[key] = known == guards.end() ? 0 : known->second;
  }
  return claim;
}

void Reconciler::Impl::note_claim(const std::string& name, const registry::ClaimWrite& claim,
                                  std::uint64_t version) {
  if (claim.renew) ledger.edit(name)->claimed = true;
  for (const auto& [key, before] : claim.guards) guards[key] = version;
  if (!claim.guards.empty()) ++claims_made;
}

void Reconciler::Impl::note_age(const std::string& name, const registry::ClaimAge& age) {
  ledger.edit(name)->claimed = !age.unclaimed;
}

}  // namespace dfp::reconcile
