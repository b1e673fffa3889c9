#include "reconcile/next_service.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reconcile/change_time.hpp"
#include "reconcile/ownership.hpp"

namespace dfp::reconcile {
namespace {

/// Where requests go: health, tags and weights may differ.
bool same_server(const model::Instance& a, const model::Instance& b) {
  return a.node == b.node && a.id == b.id && a.address == b.address && a.port == b.port;
}

}  // namespace

std::vector<model::Instance> NextService::newcomers(const std::string& service,
                                                    const std::vector<model::Instance>& instances) const {
  auto present = shared_.state.services.find(service);
  auto serves = [&](const model::Instance& instance) {
    return present != shared_.state.services.end() &&
           std::ranges::any_of(present->second.instances,
                               [&](const auto& other) { return same_server(instance, other); });
  };
  std::vector<model::Instance> fresh;
  for (const auto& instance : instances)
    if (!serves(instance)) fresh.push_back(instance);
  return fresh;
}

/// Refuses to take the last instance from a service that serves now.
Result<> NextService::would_stop_serving(const model::Service& next) const {
  const auto& definition = next.definition;
  auto present = shared_.state.services.find(definition.service);
  if (definition.has_template() || !next.instances.empty()) return {};
  if (present == shared_.state.services.end() || present->second.instances.empty()) return {};
  return fail(Errc::Conflict,
              fmt::format("no instance of {} is registered; service {} keeps its {} instances of {} and "
                          "nothing was changed (use remove to take it out of service)",
                          definition.registered_name(), definition.service, present->second.instances.size(),
                          present->second.definition.registered_name()));
}

Task<Result<model::Service>> NextService::make(Wish wish) {
  auto& definition = wish.definition;
  if (auto valid = model::validate(definition); !valid) co_return std::unexpected(valid.error());
  if (auto conflict = owners_.conflict(definition))
    co_return fail(Errc::Conflict,
                   fmt::format("{}; remove it or change its routes first, give both an aclName that orders "
                               "them, or take the route with takeOver=true and an aclName below {}",
                               owner_sentence(*conflict), conflict->owner));
  model::Service wanted;
  wanted.definition = std::move(definition);
  wanted.changed_at = change_time_now();
  Result<model::Service> next;
  if (wish.instances) {
    wanted.instances = std::move(*wish.instances);
    next = std::move(wanted);
  } else {
    next = co_await contents_.fill(std::move(wanted), wish.origin.policy().freshness, wish.context.deadline);
  }
  if (!next) co_return next;
  if (wish.gate)
    if (auto passed = wish.gate->admit(newcomers(next->definition.service, next->instances)); !passed)
      co_return std::unexpected(passed.error());
  if (auto allowed = would_stop_serving(*next); !allowed && !wish.origin.policy().may_become_empty)
    co_return std::unexpected(allowed.error());
  auto present = shared_.state.services.find(next->definition.service);
  next->revision = (present == shared_.state.services.end() ? 0 : present->second.revision) + 1;
  next->changed_by = wish.origin.author();
  co_return next;
}

Result<> NextService::has_an_address(const model::Service& next) const {
  const model::Instance* unknown = nullptr;
  std::string problem;
  for (const auto& instance : next.instances) {
    auto name = shared_.driver.name_state(instance);
    if (!name || !name->address.empty()) return {};
    unknown = &instance;
    problem = name->problem;
  }
  if (!unknown) return {};
  return fail(
      Errc::Conflict,
      fmt::format("service {}: none of its instances ({}) has an address that can be used: instance {} at {} "
                  "has none ({}); nothing was changed",
                  next.definition.service, next.instances.size(), unknown->id, unknown->address, problem));
}

}  // namespace dfp::reconcile
