#include "reconcile/origin.hpp"

#include <array>

#include "reconcile/proxy_driver.hpp"
#include "registry/service_keys.hpp"

namespace dfp::reconcile {
namespace {
using registry::Freshness;

/// In the order of Origin::Kind.
constexpr std::array<Origin::Policy, 6> kPolicies{{
    {.freshness = Freshness::Now},
    {.freshness = Freshness::Recent, .kept_later = true, .repeats_itself = true},
    {.freshness = Freshness::Recent, .kept_later = true, .may_become_empty = true},
    {.freshness = Freshness::Recent},
    {.pins_instances = false},
    {.has_record = false},
}};

}  // namespace

const Origin::Policy& Origin::policy_of(Kind kind) { return kPolicies.at(static_cast<std::size_t>(kind)); }

Origin::Kind Origin::kind_of(std::string_view author) {
  if (author == registry::kOriginalAuthor) return Kind::Original;
  if (author == kFoundAuthor) return Kind::Found;
  return Kind::Api;
}

}  // namespace dfp::reconcile
