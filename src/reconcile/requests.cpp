#include "reconcile/requests.hpp"

#include <fmt/format.h>

#include "base/log.hpp"

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

void log_outcome(std::string_view event, const std::string& service, const Result<Outcome>& outcome) {
  if (!outcome) {
    log::warn(event, {{"service", service}, {"error", outcome.error().what}});
    return;
  }
  log::info(event, {{"service", service},
                    {"revision", outcome->service.revision},
                    {"instances", outcome->service.instances.size()},
                    {"applied_by", std::string(model::to_string(outcome->plan.means()))}});
}

}  // namespace

Task<Result<Outcome>> Requests::reconfigure(model::Definition definition, Origin origin,
                                            ReconfigureOptions options, RequestContext context) {
  auto service = definition.service;
  Orders::Ticket ticket(shared_.orders, service);
  Wish wish{std::move(definition), std::move(origin)};
  wish.ticket = &ticket;
  wish.context = shared_.limited(context);
  Result<Outcome> outcome;
  if (options.healthy_within) {
    wish.context = context;  // its limit begins behind the wait
    outcome = co_await when_healthy(std::move(wish), *options.healthy_within);
  } else if (auto tried = co_await parts_.contents.try_template(wish.definition, wish.context.deadline);
             !tried) {
    outcome = std::unexpected(tried.error());
  } else {
    outcome = co_await in_turn(std::move(wish));
  }
  log_outcome("service.reconfigure", service, outcome);
  co_return outcome;
}

/// What happens to the service meanwhile wins: whoever did it knew more than this request, which is older.
Task<Result<Outcome>> Requests::when_healthy(Wish wish, std::chrono::milliseconds within) {
  if (auto valid = model::validate(wish.definition); !valid) co_return std::unexpected(valid.error());
  if (wish.definition.has_template())
    co_return fail(Errc::InvalidArgument,
                   "waitForHealthy: a template decides itself what it uses; leave it out");
  HealthGate gate(shared_.driver, Deadline::after(within));
  wish.gate = &gate;
  wish.context.waits();
  wish.context.deadline =
      wish.context.deadline.min(Deadline::after(within + shared_.settings.request_timeout));
  for (;;) {
    auto waited = co_await health_wait_.wait(wish);
    if (!waited) co_return std::unexpected(waited.error());
    auto outcome = co_await in_turn(wish);
    if (!gate.surprised() || gate.deadline().passed()) co_return outcome;
  }
}

Task<Result<std::optional<Outcome>>> Requests::try_once(Wish wish) {
  bool keep_later = wish.origin.policy().kept_later;
  auto context = wish.context;
  auto deadline = context.deadline;
  auto* to_prepare = wish.to_prepare;
  auto next = co_await parts_.next_service.make(std::move(wish));
  if (!next) co_return std::unexpected(next.error());
  if (auto wanted = context.still_wanted(); !wanted) co_return std::unexpected(wanted.error());
  auto name = next->definition.service;
  model::Change change{{name, *next}};
  if (to_prepare && !shared_.driver.prepared(change)) {
    *to_prepare = std::move(change);
    co_return fail(Errc::Unavailable, "it has to be prepared first");
  }
  if (auto usable = parts_.next_service.has_an_address(*next); !usable)
    co_return std::unexpected(usable.error());
  auto present = shared_.state.services.find(name);
  bool existed = present != shared_.state.services.end();
  bool all_kept = keep_later || parts_.losses.is_kept(name);
  bool same =
      existed && all_kept && !shared_.ledger.of(name).quarantined && same_content(present->second, *next);
  if (same && !keep_later) {
    auto stored = co_await parts_.writer.still_stored(name, deadline);
    if (!stored) co_return std::unexpected(stored.error());
    if (!*stored) co_return std::nullopt;
  }
  // What is served may differ where the content does not: a host name has another address now.
  if (same && shared_.driver.plan(change).means() == model::Means::Nothing)
    co_return Outcome{present->second, {}, true};
  std::optional<model::Service> before;
  if (existed) before = present->second;

  if (same) change.at(name) = present->second;
  auto claim = parts_.owners.claim_for(*next);
  auto plan = co_await shared_.driver.apply(std::move(change), deadline);
  if (!plan) co_return std::unexpected(plan.error());
  if (same) co_return Outcome{*before, std::move(*plan), true};
  Result<> kept = fail(Errc::Unavailable, "the registry is unavailable");
  if (!shared_.away || !keep_later) kept = co_await parts_.writer.keep(&*next, claim, deadline);
  if (!kept && keep_later && is_away(kept.error())) {
    shared_.away = true;  // the others need not wait for it too, until follow() has seen it again
    if (!shared_.ledger.of(name).unkept)
      log::warn("reconcile.not_stored", {{"service", name}, {"error", kept.error().what}});
    shared_.ledger.edit(name)->unkept = true;
    shared_.note_kept(name);
    co_return Outcome{std::move(*next), std::move(*plan), existed};
  }
  if (!kept) {
    if (kept.error().code == Errc::Conflict) {
      shared_.ledger.edit(name)->overtake(std::move(before));
      co_return std::nullopt;
    }
    model::Change back{{name, std::move(before)}};
    co_await parts_.writer.undo(std::move(back));
    co_return fail(fmt::format("keeping {}", name), told_if_unknown(kept.error()));
  }
  // A store with only this one in it would say that the others were removed.
  if (auto again = co_await parts_.writer.keep_again(); !again)
    log::warn("reconcile.not_stored", {{"error", again.error().what}});
  co_return Outcome{std::move(*next), std::move(*plan), existed};
}

Task<Result<Outcome>> Requests::remove_once(std::string service, Deadline deadline) {
  auto present = shared_.state.services.find(service);
  bool existed = present != shared_.state.services.end();
  Outcome outcome;
  outcome.service.definition.service = service;
  if (existed) outcome.service = present->second;
  outcome.existed = existed || shared_.ledger.of(service).quarantined;

  // The registry first: if it is away, nothing has changed yet.
  auto removed = co_await parts_.writer.remove(service, deadline);
  if (!removed) co_return fail(fmt::format("removing {}", service), told_if_unknown(removed.error()));
  if (!existed) co_return outcome;

  auto plan = co_await shared_.driver.apply({{service, std::nullopt}}, deadline);
  if (!plan) {
    auto why = co_await parts_.writer.put_back(std::move(outcome.service), plan.error());
    co_return std::unexpected(std::move(why));
  }
  shared_.note_kept(service);
  outcome.plan = std::move(*plan);
  co_return outcome;
}

Task<Result<Outcome>> Requests::in_turn(Wish wish) {
  std::optional<model::Change> to_prepare;
  wish.to_prepare = &to_prepare;
  for (;;) {
    to_prepare.reset();
    auto outcome = co_await take_turn(wish);
    if (!to_prepare) co_return outcome;
    auto ready = co_await shared_.driver.prepare(std::move(*to_prepare), wish.context.deadline);
    if (!ready) co_return std::unexpected(ready.error());
  }
}

Task<Result<Outcome>> Requests::take_turn(Wish wish) {
  auto lock = co_await shared_.turn.lock(wish.context.deadline, wish.context.left);
  if (auto wanted = wish.context.still_wanted(); !wanted) co_return std::unexpected(wanted.error());
  if (!lock) co_return std::unexpected(lock.error());
  if (auto latest = wish.gate ? wish.ticket->check_after_wait() : wish.ticket->check(); !latest)
    co_return std::unexpected(latest.error());
  auto* ticket = wish.ticket;
  bool repeats_itself = wish.origin.policy().repeats_itself;
  auto outcome = co_await carry_out(std::move(wish));
  if (outcome && !(repeats_itself && outcome->plan.steps.empty())) ticket->carried_out();
  co_return outcome;
}

Task<Result<Outcome>> Requests::carry_out(Wish wish) {
  for (int attempt = 1; attempt <= Shared::kAttempts; ++attempt) {
    auto tried = co_await try_once(wish);
    if (!tried) co_return std::unexpected(tried.error());
    if (*tried) co_return std::move(**tried);
    auto snapshot = co_await parts_.store.load(wish.context.deadline);
    if (!snapshot || snapshot->blank) co_await parts_.writer.undo_overtaken();
    if (snapshot) co_await parts_.store.converge(std::move(*snapshot));
    co_await parts_.writer.undo_overtaken();
  }
  co_return fail(Errc::Conflict, fmt::format("another proxy keeps changing service {}; nothing was changed",
                                             wish.definition.service));
}

Task<Result<Outcome>> Requests::remove_in_turn(std::string service, RequestContext context) {
  Orders::Ticket ticket(shared_.orders, service);
  auto lock = co_await shared_.turn.lock(context.deadline, context.left);
  if (auto wanted = context.still_wanted(); !wanted) co_return std::unexpected(wanted.error());
  if (!lock) co_return std::unexpected(lock.error());
  if (auto latest = ticket.check(); !latest) co_return std::unexpected(latest.error());
  auto outcome = co_await remove_once(std::move(service), context.deadline);
  if (outcome) ticket.carried_out();
  co_return outcome;
}

Task<Result<Outcome>> Requests::pin(std::string service, std::set<std::string> without) {
  auto context = shared_.limited({});
  auto lock = co_await shared_.turn.lock(context.deadline);
  if (!lock) co_return std::unexpected(lock.error());
  auto present = shared_.state.services.find(service);
  if (present == shared_.state.services.end())
    co_return fail(Errc::NotFound, fmt::format("service {} is not configured", service));
  Wish wish{present->second.definition, Origin::catalog(present->second.changed_by)};
  wish.context = context;
  if (!without.empty()) wish.instances = present->second.instances;
  for (const auto& id : without) std::erase_if(*wish.instances, [&](const auto& i) { return i.id == id; });
  auto outcome = co_await carry_out(std::move(wish));
  log_outcome("service.repin", service, outcome);
  co_return outcome;
}

Task<Result<Outcome>> Requests::remove(std::string service, Origin origin, RequestContext context) {
  if (origin.policy().kept_later && shared_.away)
    co_return fail(Errc::Unavailable, "not removed: the registry is unavailable");
  if (auto valid = model::check_service_name(service); !valid) co_return std::unexpected(valid.error());
  auto outcome = co_await remove_in_turn(service, shared_.limited(context));
  if (outcome)
    log::info("service.remove",
              {{"service", service}, {"existed", outcome->existed}, {"by", origin.author()}});
  if (!outcome) log::warn("service.remove", {{"service", service}, {"error", outcome.error().what}});
  co_return outcome;
}

Task<Result<Outcome>> Requests::preview(model::Definition definition, RequestContext context) {
  auto name = definition.service;
  Wish wish{std::move(definition), Origin::api("preview")};
  wish.context = shared_.limited(context);
  auto deadline = wish.context.deadline;
  auto next = co_await parts_.next_service.make(std::move(wish));
  if (!next) co_return std::unexpected(next.error());
  auto accepted = co_await shared_.driver.examine({{name, *next}}, deadline);
  if (!accepted) co_return std::unexpected(accepted.error());
  auto plan = shared_.driver.plan({{name, *next}});
  co_return Outcome{std::move(*next), std::move(plan), shared_.state.services.contains(name)};
}

}  // namespace dfp::reconcile
