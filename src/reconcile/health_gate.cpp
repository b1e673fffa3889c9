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

Task<Result<>> HealthGate::check(std::vector<model::Instance> instances) {
  surprised_ = false;
  std::erase_if(instances, [&](const auto& instance) { return passed_.contains(key_of(instance)); });
  std::vector<std::optional<Error>> faults(instances.size());
  auto check_at = [&](std::size_t n) { return check_one(&instances[n], &faults[n]); };
  co_await for_each_concurrently(instances.size(), kAtOnce, check_at);
  auto fault = std::ranges::find_if(faults, [](const auto& f) { return f.has_value(); });
  if (fault == faults.end()) co_return Result<>{};
  co_return not_healthy(instances[static_cast<std::size_t>(fault - faults.begin())], (*fault)->what);
}

Task<> HealthGate::check_one(const model::Instance* instance, std::optional<Error>* fault) {
  auto healthy = co_await driver_.check(*instance, deadline_);
  if (healthy)
    passed_.insert(key_of(*instance));
  else
    *fault = healthy.error();
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
