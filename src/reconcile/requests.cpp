// What becomes of a request: its turn, the service as it will be, the proxy, the definition store.
#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "reconcile/change_time.hpp"
#include "reconcile/ownership.hpp"
#include "reconcile/reconciler_impl.hpp"

namespace dfp::reconcile {
namespace {

bool same_content(const model::Service& a, const model::Service& b) {
  return a.definition == b.definition && a.instances == b.instances && a.rendered == b.rendered &&
         a.template_hash == b.template_hash;
}

/// The proxy is as it was before; the registry perhaps not.
Error told_if_unknown(Error error) {
  if (error.code == Errc::OutcomeUnknown)
    error.what +=
        "; the registry was notified but did not answer: if it has stored the change, the change takes "
        "effect once it answers";
  return error;
}

}  // namespace

/// Refuses to take the last instance from a service that serves now.
Result<> Reconciler::Impl::would_stop_serving(const model::Service& next) const {
  const auto& definition = next.definition;
  auto present = state.services.find(definition.service);
  if (definition.has_template() || !next.instances.empty()) return {};
  if (present == state.services.end() || present->second.instances.empty()) return {};
  return fail(Errc::Conflict,
              fmt::format("no instance of {} is registered; service {} keeps its {} instances of {} and "
                          "nothing was changed (use remove to take it out of service)",
                          definition.registered_name(), definition.service, present->second.instances.size(),
                          present->second.definition.registered_name()));
}

/// The service as it will be kept, or why the request is refused.
Task<Result<model::Service>> Reconciler::Impl::next_service(Wish wish) {
  auto& definition = wish.definition;
  if (auto valid = model::validate(definition); !valid) co_return std::unexpected(valid.error());
  if (auto conflict = owners.conflict(definition))
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
    next = co_await contents.fill(std::move(wanted), wish.origin.policy().freshness, wish.context.deadline);
  }
  if (!next) co_return next;
  if (wish.gate)
    if (auto passed = wish.gate->admit(newcomers(next->definition.service, next->instances)); !passed)
      co_return std::unexpected(passed.error());
  if (auto allowed = would_stop_serving(*next); !allowed && !wish.origin.policy().may_become_empty)
    co_return std::unexpected(allowed.error());
  auto present = state.services.find(next->definition.service);
  next->revision = (present == state.services.end() ? 0 : present->second.revision) + 1;
  next->changed_by = wish.origin.author();
  co_return next;
}

Task<Result<std::optional<Outcome>>> Reconciler::Impl::reconfigure_once(Wish wish) {
  bool keep_later = wish.origin.policy().kept_later;
  auto context = wish.context;
  auto deadline = context.deadline;
  auto* to_prepare = wish.to_prepare;
  auto next = co_await next_service(std::move(wish));
  if (!next) co_return std::unexpected(next.error());
  if (auto wanted = context.still_wanted(); !wanted) co_return std::unexpected(wanted.error());
  auto name = next->definition.service;
  model::Change change{{name, *next}};
  if (to_prepare && !driver.prepared(change)) {
    *to_prepare = std::move(change);
    co_return fail(Errc::Unavailable, "it has to be prepared first");
  }
  if (auto usable = has_an_address(*next); !usable) co_return std::unexpected(usable.error());
  auto present = state.services.find(name);
  bool existed = present != state.services.end();
  bool all_kept = keep_later || losses.is_kept(name);
  bool same = existed && all_kept && !ledger.of(name).quarantined && same_content(present->second, *next);
  if (same && !keep_later) {
    auto stored = co_await writer.still_stored(name, deadline);
    if (!stored) co_return std::unexpected(stored.error());
    if (!*stored) co_return std::nullopt;
  }
  // What is served may differ where the content does not: a host name has another address now.
  if (same && driver.plan(change).means() == model::Means::Nothing)
    co_return Outcome{present->second, {}, true};
  std::optional<model::Service> before;
  if (existed) before = present->second;

  if (same) change.at(name) = present->second;
  auto claim = owners.claim_for(*next);
  auto plan = co_await driver.apply(std::move(change), deadline);
  if (!plan) co_return std::unexpected(plan.error());
  if (same) co_return Outcome{*before, std::move(*plan), true};
  Result<> kept = fail(Errc::Unavailable, "the registry is unavailable");
  if (!away || !keep_later) kept = co_await writer.keep(&*next, claim, deadline);
  if (!kept && keep_later && is_away(kept.error())) {
    away = true;  // the others need not wait for it too, until follow() has seen it again
    if (!ledger.of(name).unkept)
      log::warn("reconcile.not_stored", {{"service", name}, {"error", kept.error().what}});
    ledger.edit(name)->unkept = true;
    note_kept(name);
    co_return Outcome{std::move(*next), std::move(*plan), existed};
  }
  if (!kept) {
    if (kept.error().code == Errc::Conflict) {
      ledger.edit(name)->overtake(std::move(before));
      co_return std::nullopt;
    }
    model::Change back{{name, std::move(before)}};
    co_await writer.undo(std::move(back));
    co_return fail(fmt::format("keeping {}", name), told_if_unknown(kept.error()));
  }
  // A store with only this one in it would say that the others were removed.
  if (auto again = co_await writer.keep_again(); !again)
    log::warn("reconcile.not_stored", {{"error", again.error().what}});
  co_return Outcome{std::move(*next), std::move(*plan), existed};
}

Task<Result<Outcome>> Reconciler::Impl::remove_once(std::string service, Deadline deadline) {
  auto present = state.services.find(service);
  bool existed = present != state.services.end();
  Outcome outcome;
  outcome.service.definition.service = service;
  if (existed) outcome.service = present->second;
  outcome.existed = existed || ledger.of(service).quarantined;

  // The registry first: if it is away, nothing has changed yet.
  auto removed = co_await writer.remove(service, deadline);
  if (!removed) co_return fail(fmt::format("removing {}", service), told_if_unknown(removed.error()));
  if (!existed) co_return outcome;

  auto plan = co_await driver.apply({{service, std::nullopt}}, deadline);
  if (!plan) {
    auto why = co_await writer.put_back(std::move(outcome.service), plan.error());
    co_return std::unexpected(std::move(why));
  }
  note_kept(service);
  outcome.plan = std::move(*plan);
  co_return outcome;
}

Result<> Reconciler::Impl::has_an_address(const model::Service& next) const {
  const model::Instance* unknown = nullptr;
  std::string problem;
  for (const auto& instance : next.instances) {
    auto name = driver.name_state(instance);
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

Task<Result<Outcome>> Reconciler::Impl::reconfigure_in_turn(Wish wish) {
  std::optional<model::Change> to_prepare;
  wish.to_prepare = &to_prepare;
  for (;;) {
    to_prepare.reset();
    auto outcome = co_await take_turn(wish);
    if (!to_prepare) co_return outcome;
    auto ready = co_await driver.prepare(std::move(*to_prepare), wish.context.deadline);
    if (!ready) co_return std::unexpected(ready.error());
  }
}

Task<Result<Outcome>> Reconciler::Impl::take_turn(Wish wish) {
  auto lock = co_await turn.lock(wish.context.deadline, wish.context.left);
  if (auto wanted = wish.context.still_wanted(); !wanted) co_return std::unexpected(wanted.error());
  if (!lock) co_return std::unexpected(lock.error());
  if (auto latest = wish.gate ? wish.ticket->check_after_wait() : wish.ticket->check(); !latest)
    co_return std::unexpected(latest.error());
  auto* ticket = wish.ticket;
  bool repeats_itself = wish.origin.policy().repeats_itself;
  auto outcome = co_await reconfigure(std::move(wish));
  if (outcome && !(repeats_itself && outcome->plan.steps.empty())) ticket->carried_out();
  co_return outcome;
}

Task<Result<Outcome>> Reconciler::Impl::reconfigure(Wish wish) {
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    auto tried = co_await reconfigure_once(wish);
    if (!tried) co_return std::unexpected(tried.error());
    if (*tried) co_return std::move(**tried);
    auto snapshot = co_await stored.load(wish.context.deadline);
    if (!snapshot || snapshot->blank) co_await writer.undo_overtaken();
    if (snapshot) co_await stored.converge(std::move(*snapshot));
    co_await writer.undo_overtaken();
  }
  co_return fail(Errc::Conflict, fmt::format("another proxy keeps changing service {}; nothing was changed",
                                             wish.definition.service));
}

Task<Result<Outcome>> Reconciler::Impl::remove_in_turn(std::string service, RequestContext context) {
  Orders::Ticket ticket(orders, service);
  auto lock = co_await turn.lock(context.deadline, context.left);
  if (auto wanted = context.still_wanted(); !wanted) co_return std::unexpected(wanted.error());
  if (!lock) co_return std::unexpected(lock.error());
  if (auto latest = ticket.check(); !latest) co_return std::unexpected(latest.error());
  auto outcome = co_await remove_once(std::move(service), context.deadline);
  if (outcome) ticket.carried_out();
  co_return outcome;
}

}  // namespace dfp::reconcile
