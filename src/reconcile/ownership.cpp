#include "reconcile/ownership.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dfp::reconcile {

std::string owner_sentence(const model::RouteConflict& conflict) {
  return fmt::format("{} {}{} belongs to service {}", model::to_string(conflict.route.type),
                     conflict.route.host, conflict.route.path, conflict.owner);
}

Ownership decide_owners(std::vector<Claimant> claimants) {
  std::ranges::sort(claimants, [](const Claimant& a, const Claimant& b) {
    return std::tie(a.age, a.definition->service) < std::tie(b.age, b.definition->service);
  });
  Ownership ownership;
  for (const auto& [definition, age] : claimants) {
    auto candidate = *definition;
    if (age.unclaimed) candidate.take_over = false;
    auto conflict = ownership.owners.conflict(candidate);
    if (!conflict)
      ownership.owners.set(candidate);
    else
      ownership.refused.emplace(
          candidate.service,
          owner_sentence(*conflict) + ", which claimed it first; change or remove one of the two");
  }
  return ownership;
}

}  // namespace dfp::reconcile
