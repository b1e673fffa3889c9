#include "reconcile/health_wait.hpp"

#include <fmt/format.h>

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;

constexpr auto kBetweenChecks = 100ms;
constexpr auto kCatalogTime = 5s;

}  // namespace

/// The registry is read again before every round: who is not healthy may also leave. No round begins that
/// could only say that the time is up, or whose result nobody could use.
Task<Result<>> HealthWait::wait(Wish wish) {
  auto* gate = wish.gate;
  for (;;) {
    if (auto wanted = wish.context.still_wanted(); !wanted) co_return wanted;
    if (auto latest = wish.ticket->check_after_wait(); !latest) co_return latest;
    auto instances = co_await contents_.present_instances(wish.definition, registry::Freshness::Now,
                                                          Deadline::after(kCatalogTime));
    if (!instances) co_return std::unexpected(instances.error());
    Result<> done =
        fail(Errc::Conflict,
             fmt::format("{} has no instance in the registry that could become healthy; nothing was "
                         "changed",
                         wish.definition.registered_name()));
    if (!instances->empty())
      done =
          co_await gate->check(wish.definition, next_service_.newcomers(wish.definition.service, *instances));
    if (done || gate->deadline().left() <= kBetweenChecks || shared_.stopping) co_return done;
    co_await shared_.stopping_signal.wait(gate->deadline().min(Deadline::after(kBetweenChecks)));
  }
}

}  // namespace dfp::reconcile
