// Requests that let new instances in only after a good health check.
#include <fmt/format.h>

#include <algorithm>

#include "reconcile/reconciler_impl.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;

constexpr auto kBetweenChecks = 100ms;
constexpr auto kCatalogTime = 5s;

/// Where requests go: health, tags and weights may differ.
bool same_server(const model::Instance& a, const model::Instance& b) {
  return a.node == b.node && a.id == b.id && a.address == b.address && a.port == b.port;
}

}  // namespace

std::vector<model::Instance> Reconciler::Impl::newcomers(
    const std::string& service, const std::vector<model::Instance>& instances) const {
  auto present = state.services.find(service);
  auto serves = [&](const model::Instance& instance) {
    return present != state.services.end() &&
           std::ranges::any_of(present->second.instances,
                               [&](const auto& other) { return same_server(instance, other); });
  };
  std::vector<model::Instance> fresh;
  for (const auto& instance : instances)
    if (!serves(instance)) fresh.push_back(instance);
  return fresh;
}

/// The registry is read again before every round: who is not healthy may also leave. No round begins that
/// could only say that the time is up, or whose result nobody could use.
Task<Result<>> Reconciler::Impl::wait_until_healthy(Wish wish) {
  auto* gate = wish.gate;
  for (;;) {
    if (auto wanted = wish.context.still_wanted(); !wanted) co_return wanted;
    if (auto latest = wish.ticket->check_after_wait(); !latest) co_return latest;
    auto instances = co_await contents.present_instances(wish.definition, registry::Freshness::Now,
                                                         Deadline::after(kCatalogTime));
    if (!instances) co_return std::unexpected(instances.error());
    Result<> done =
        fail(Errc::Conflict,
             fmt::format("{} has no instance in the registry that could become healthy; nothing was "
                         "changed",
                         wish.definition.registered_name()));
    if (!instances->empty())
      done = co_await gate->check(wish.definition, newcomers(wish.definition.service, *instances));
    if (done || gate->deadline().left() <= kBetweenChecks || stopping) co_return done;
    co_await stopping_signal.wait(gate->deadline().min(Deadline::after(kBetweenChecks)));
  }
}

/// What happens to the service meanwhile wins: whoever did it knew more than this request, which is older.
Task<Result<Outcome>> Reconciler::Impl::reconfigure_when_healthy(Wish wish,
                                                                 std::chrono::milliseconds within) {
  if (auto valid = model::validate(wish.definition); !valid) co_return std::unexpected(valid.error());
  if (wish.definition.has_template())
    co_return fail(Errc::InvalidArgument,
                   "waitForHealthy: a template decides itself what it uses; leave it out");
  HealthGate gate(driver, Deadline::after(within));
  wish.gate = &gate;
  wish.context.waits();
  wish.context.deadline = wish.context.deadline.min(Deadline::after(within + settings.request_timeout));
  for (;;) {
    auto waited = co_await wait_until_healthy(wish);
    if (!waited) co_return std::unexpected(waited.error());
    auto outcome = co_await reconfigure_in_turn(wish);
    if (!gate.surprised() || gate.deadline().passed()) co_return outcome;
  }
}

}  // namespace dfp::reconcile
