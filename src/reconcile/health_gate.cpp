#include "reconcile/health_gate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/wait.hpp"

namespace dfp::reconcile {
namespace {

constexpr std::size_t kAtOnce = 64;  ///< checks under way

std::unexpected<Error> not_healthy(const model::Instance& instance, std::string_view why) {
  return fail(Errc::Conflict,
              fmt::format("instance {} of {} at {}:{} is not healthy: {}; nothing was changed", instance.id,
                          instance.service, instance.address, instance.port, why));
}

}  // namespace

Task<Result<>> HealthGate::check(model::Definition definition, std::vector<model::Instance> instances) {
  surprised_ = false;
  std::vector<Candidate> candidates;
  for (auto& instance : instances) {
    if (passed_.contains(key_of(instance))) continue;
    auto check = model::check_of(definition, instance);
    candidates.push_back({std::move(instance), std::move(check), {}});
  }
  auto check_at = [&](std::size_t n) { return check_one(&candidates[n]); };
  co_await for_each_concurrently(candidates.size(), kAtOnce, check_at);
  auto bad = std::ranges::find_if(candidates, [](const auto& c) { return c.fault.has_value(); });
  if (bad == candidates.end()) co_return Result<>{};
  co_return not_healthy(bad->instance, bad->fault->what);
}

Task<> HealthGate::check_one(Candidate* candidate) {
  auto healthy = co_await driver_.check(candidate->instance, candidate->check, deadline_);
  auto key = key_of(candidate->instance);
  int needed = candidate->check.rise.value_or(1);
  int good = healthy ? ++good_[key] : good_[key] = 0;
  if (good >= needed)
    passed_.insert(key);
  else if (healthy)
    candidate->fault = Error{Errc::Conflict, fmt::format("{} of {} good checks so far", good, needed)};
  else
    candidate->fault = healthy.error();
}

Result<> HealthGate::admit(const std::vector<model::Instance>& instances) {
  for (const auto& instance : instances) {
    if (passed_.contains(key_of(instance))) continue;
    surprised_ = true;
    return not_healthy(instance, "it came while others were checked");
  }
  return {};
}

}  // namespace dfp::reconcile
