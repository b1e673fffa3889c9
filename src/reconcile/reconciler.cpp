#include "reconcile/reconciler.hpp"

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

/// The proxy is as it was before; the registry perhaps not.
Error told_if_unknown(Error error) {
  if (error.code == Errc::OutcomeUnknown)
    error.what +=
        "; the registry was notified but did not answer: if it has stored the change, the change takes "
        "effect once it answers";
  return error;
}

}  // namespace

Reconciler::Impl::Impl(Executor executor_, registry::Catalog& catalog_, registry::DefinitionStore& store_,
                       ProxyDriver& driver_, ReconcilerSettings settings_, TemplateParts templates)
    : executor(executor_),
      catalog(catalog_),
      store(store_),
      driver(driver_),
      settings(std::move(settings_)),
      renderer(templates.renderer),
      source(templates.source),
      turn(executor_),
      stopping_signal(executor_),
      follow_ended(executor_),
      state(driver_.applied()),
      guard(settings.shrink_hold),
      held_count(metrics::process_registry().gauge(
          "dfp_registry_held_services", "Services that the registry has lost and that keep being served.")),
      last_known(executor_, settings.last_known_file, state),
      watcher(executor_, *this, settings.watch) {}

/// Instances in maintenance are left out: their operator took them out of service. Critical ones are kept: a
/// check that has just begun is critical, and HAProxy's own checks decide who gets traffic.
Task<Result<std::vector<model::Instance>>> Reconciler::Impl::present_instances(model::Definition definition,
                                                                               registry::Freshness freshness,
                                                                               Deadline deadline) {
  auto instances = co_await catalog.instances_for(definition, freshness, deadline);
  if (!instances)
    co_return fail(fmt::format("instances of {}", definition.registered_name()), instances.error());
  std::erase_if(*instances,
                [](const auto& instance) { return instance.health == model::Health::Maintenance; });
  co_return instances;
}

/// With what the registry says at this moment: the service's instances, or what its template makes of it.
Task<Result<model::Service>> Reconciler::Impl::fill(model::Service service, registry::Freshness freshness,
                                                    Deadline deadline) {
  if (service.definition.has_template()) co_return co_await render(std::move(service), deadline);
  auto instances = co_await present_instances(service.definition, freshness, deadline);
  if (!instances) co_return std::unexpected(instances.error());
  service.instances = std::move(*instances);
  co_return service;
}

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
  if (auto conflict = claims.conflict(definition))
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
    next = co_await fill(std::move(wanted), wish.freshness, wish.context.deadline);
  }
  if (!next) co_return next;
  if (wish.gate)
    if (auto passed = wish.gate->admit(newcomers(next->definition.service, next->instances)); !passed)
      co_return std::unexpected(passed.error());
  if (auto allowed = would_stop_serving(*next); !allowed && !wish.none_allowed)
    co_return std::unexpected(allowed.error());
  auto present = state.services.find(next->definition.service);
  next->revision = (present == state.services.end() ? 0 : present->second.revision) + 1;
  next->changed_by = std::move(wish.changed_by);
  co_return next;
}

/// Whether the registry has the service as it is served, as far as is known here.
bool Reconciler::Impl::is_kept(const std::string& name) const {
  return !unkept.contains(name) && !origins.contains(name) && !guard.held().contains(name);
}

/// What is in force here may be older than what another proxy has kept: an order that changes nothing is
/// acknowledged only where the registry still says the same.
Task<Result<bool>> Reconciler::Impl::still_stored(std::string name, Deadline deadline) {
  auto known = versions.find(name);
  auto stored = co_await store.holds(name, known == versions.end() ? 0 : known->second, deadline);
  co_return stored;
}

Task<Result<std::optional<Outcome>>> Reconciler::Impl::reconfigure_once(Wish wish) {
  bool keep_later = wish.keep_later;
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
  bool all_kept = keep_later || is_kept(name);
  bool same = existed && all_kept && !set_aside.contains(name) && same_content(present->second, *next);
  if (same && !keep_later) {
    auto stored = co_await still_stored(name, deadline);
    if (!stored) co_return std::unexpected(stored.error());
    if (!*stored) co_return std::nullopt;
  }
  // What is served may differ where the content does not: a host name has another address now.
  if (same && driver.plan(change).means() == model::Means::Nothing)
    co_return Outcome{present->second, {}, true};
  std::optional<model::Service> before;
  if (existed) before = present->second;

  if (same) change.at(name) = present->second;
  auto claim = claim_for(*next);
  auto plan = co_await driver.apply(std::move(change), deadline);
  if (!plan) co_return std::unexpected(plan.error());
  if (same) co_return Outcome{*before, std::move(*plan), true};
  Result<> kept = fail(Errc::Unavailable, "the registry is unavailable");
  if (!away || !keep_later) kept = co_await keep(&*next, claim, deadline);
  if (!kept && keep_later && is_away(kept.error())) {
    away = true;  // the others need not wait for it too, until follow() has seen it again
    if (unkept.insert(name).second)
      log::warn("reconcile.not_stored", {{"service", name}, {"error", kept.error().what}});
    note_kept(name);
    co_return Outcome{std::move(*next), std::move(*plan), existed};
  }
  if (!kept) {
    co_await undo(name, std::move(before));
    if (kept.error().code == Errc::Conflict) co_return std::nullopt;
    co_return fail(fmt::format("keeping {}", name), told_if_unknown(kept.error()));
  }
  // A store with only this one in it would say that the others were removed.
  if (auto again = co_await keep_again(); !again)
    log::warn("reconcile.not_stored", {{"error", again.error().what}});
  co_return Outcome{std::move(*next), std::move(*plan), existed};
}

Task<Result<>> Reconciler::Impl::keep(const model::Service* next, registry::ClaimWrite claim,
                                      Deadline deadline) {
  const auto& name = next->definition.service;
  auto known = versions.find(name);
  auto version = co_await store.put(*next, known == versions.end() ? 0 : known->second, deadline, claim);
  if (!version) co_return std::unexpected(version.error());
  note_own_write(name, *version);
  note_claim(name, claim, *version);
  versions[name] = *version;
  unkept.erase(name);
  note_kept(name);
  co_return Result<>{};
}

Task<Result<Outcome>> Reconciler::Impl::remove_once(std::string service, Deadline deadline) {
  auto present = state.services.find(service);
  bool existed = present != state.services.end();
  Outcome outcome;
  outcome.service.definition.service = service;
  if (existed) outcome.service = present->second;
  outcome.existed = existed || set_aside.contains(service);

  // The registry first: if it is away, nothing has changed yet.
  auto version = co_await store.remove(service, deadline);
  if (!version) co_return fail(fmt::format("removing {}", service), told_if_unknown(version.error()));
  note_own_write(service, *version);
  versions.erase(service);
  unkept.erase(service);
  set_aside.erase(service);
  if (!existed) co_return outcome;

  auto plan = co_await driver.apply({{service, std::nullopt}}, deadline);
  if (!plan) {
    auto why = co_await put_back(std::move(outcome.service), plan.error());
    co_return std::unexpected(std::move(why));
  }
  note_kept(service);
  outcome.plan = std::move(*plan);
  co_return outcome;
}

/// The registry gets the record again of a service that the proxy could not remove; this has a time of its
/// own, as the refusal may have used up the request's. Where that fails the service goes after all, with the
/// next look at the definition store, here and in the other proxies.
/// @return what the caller of remove is told.
Task<Error> Reconciler::Impl::put_back(model::Service service, Error refusal) {
  auto name = service.definition.service;
  registry::ClaimWrite claim{.renew = true};
  auto restored = co_await store.put(std::move(service), 0, Deadline::after(settings.request_timeout), claim);
  if (!restored) {
    log::error("reconcile.not_put_back", {{"service", name}, {"error", restored.error().what}});
    refusal.what += fmt::format("; it is no longer in the registry and will be removed at the next read: {}",
                                restored.error().what);
    co_return refusal;
  }
  note_own_write(name, *restored);
  note_claim(name, claim, *restored);
  versions[name] = *restored;
  co_return refusal;
}

RequestContext Reconciler::Impl::limited(RequestContext context) const {
  context.deadline = context.deadline.min(Deadline::after(settings.request_timeout));
  return context;
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
  bool repeats_itself = wish.keep_later;  // whoever follows labels says the same again and again
  auto outcome = co_await reconfigure(std::move(wish));
  if (outcome && !(repeats_itself && outcome->plan.steps.empty())) ticket->carried_out();
  co_return outcome;
}

Task<Result<Outcome>> Reconciler::Impl::reconfigure(Wish wish) {
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    auto tried = co_await reconfigure_once(wish);
    if (!tried) co_return std::unexpected(tried.error());
    if (*tried) co_return std::move(**tried);
    auto snapshot = co_await load_store(wish.context.deadline);
    if (snapshot) co_await converge(std::move(*snapshot));
  }
  co_return fail(Errc::Conflict, fmt::format("another proxy keeps changing service {}; nothing was changed",
                                             wish.definition.service));
}

/// Makes the proxy serve again what it served before, after keeping the change failed. Where that fails too,
/// the next look at the definition store puts it right: its record differs from what is applied.
Task<> Reconciler::Impl::undo(std::string service, std::optional<model::Service> before) {
  auto undone =
      co_await driver.apply({{service, std::move(before)}}, Deadline::after(settings.request_timeout));
  last_known.touch();
  if (!undone) log::error("reconcile.undo_failed", {{"service", service}, {"error", undone.error().what}});
}

void Reconciler::Impl::note_kept(const std::string& name) {
  not_refreshed.erase(name);
  auto applied = state.services.find(name);
  if (applied != state.services.end()) {
    claims.set(applied->second.definition);
    watcher.set(name, &applied->second);
    set_aside.erase(name);
  } else {
    claims.erase(name);
    watcher.set(name, nullptr);
    withdrawals.forget(name);
  }
  last_known.note(name);
}

void Reconciler::Impl::note_own_write(const std::string& name, std::uint64_t version) {
  own_writes[name] = version;
  written[name] = version;
  latest_own_write = std::max(latest_own_write, version);
  note_known(name);
}

Reconciler::Reconciler(Executor executor, registry::Catalog& catalog, registry::DefinitionStore& store,
                       ProxyDriver& driver, ReconcilerSettings settings, TemplateParts templates)
    : impl_(std::make_unique<Impl>(std::move(executor), catalog, store, driver, std::move(settings),
                                   templates)) {}
Reconciler::~Reconciler() = default;

Task<Result<>> Reconciler::start() {
  auto started = co_await impl_->start();
  impl_->life.note(started);
  co_return started;
}

Task<> Reconciler::stop() {
  impl_->stopping = true;
  impl_->life.end();
  impl_->stopping_signal.notify_all();
  co_await impl_->watcher.stop();
  auto deadline = Deadline::after(std::chrono::seconds(2));
  while (impl_->following > 0 && !deadline.passed()) co_await impl_->follow_ended.wait(deadline);
  auto lock = co_await impl_->turn.lock(Deadline::after(std::chrono::seconds(2)));
  if (lock) impl_->last_known.flush();
}

Task<Result<Outcome>> Reconciler::reconfigure(model::Definition definition, std::string changed_by,
                                              ReconfigureOptions options, RequestContext context) {
  if (auto able = ready(); !able) co_return std::unexpected(able.error());
  auto service = definition.service;
  Orders::Ticket ticket(impl_->orders, service);
  Impl::Wish wish{std::move(definition), std::move(changed_by)};
  wish.ticket = &ticket;
  wish.context = impl_->limited(context);
  if (options.by_follower) wish.freshness = registry::Freshness::Recent;
  wish.keep_later = options.by_follower;
  Result<Outcome> outcome;
  if (options.healthy_within) {
    wish.context = context;  // its limit begins behind the wait
    outcome = co_await impl_->reconfigure_when_healthy(std::move(wish), *options.healthy_within);
  } else if (auto tried = co_await impl_->try_template(wish.definition, wish.context.deadline); !tried) {
    outcome = std::unexpected(tried.error());
  } else {
    outcome = co_await impl_->reconfigure_in_turn(std::move(wish));
  }
  log_outcome("service.reconfigure", service, outcome);
  co_return outcome;
}

Task<Result<Outcome>> Reconciler::Impl::pin(std::string service, std::set<std::string> without) {
  auto context = limited({});
  auto lock = co_await turn.lock(context.deadline);
  if (!lock) co_return std::unexpected(lock.error());
  auto present = state.services.find(service);
  if (present == state.services.end())
    co_return fail(Errc::NotFound, fmt::format("service {} is not configured", service));
  Wish wish{present->second.definition, present->second.changed_by, true};
  wish.freshness = registry::Freshness::Recent;
  wish.keep_later = true;
  wish.context = context;
  if (!without.empty()) wish.instances = present->second.instances;
  for (const auto& id : without) std::erase_if(*wish.instances, [&](const auto& i) { return i.id == id; });
  auto outcome = co_await reconfigure(std::move(wish));
  log_outcome("service.repin", service, outcome);
  co_return outcome;
}

Task<Result<Outcome>> Reconciler::repin(std::string service) {
  if (auto able = ready(); !able) co_return std::unexpected(able.error());
  co_return co_await impl_->pin(std::move(service), {});
}

Task<Result<Outcome>> Reconciler::unpin(std::string service, std::set<std::string> ids) {
  if (auto able = ready(); !able) co_return std::unexpected(able.error());
  co_return co_await impl_->pin(std::move(service), std::move(ids));
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

Task<Result<Outcome>> Reconciler::remove(std::string service, std::string changed_by,
                                         RequestContext context) {
  if (auto able = ready(); !able) co_return std::unexpected(able.error());
  if (auto valid = model::check_service_name(service); !valid) co_return std::unexpected(valid.error());
  auto outcome = co_await impl_->remove_in_turn(service, impl_->limited(context));
  if (outcome)
    log::info("service.remove", {{"service", service}, {"existed", outcome->existed}, {"by", changed_by}});
  if (!outcome) log::warn("service.remove", {{"service", service}, {"error", outcome.error().what}});
  co_return outcome;
}

Task<Result<Outcome>> Reconciler::preview(model::Definition definition, RequestContext context) {
  if (auto able = ready(); !able) co_return std::unexpected(able.error());
  auto name = definition.service;
  Impl::Wish wish{std::move(definition), "preview"};
  wish.context = impl_->limited(context);
  auto deadline = wish.context.deadline;
  auto next = co_await impl_->next_service(std::move(wish));
  if (!next) co_return std::unexpected(next.error());
  auto accepted = co_await impl_->driver.examine({{name, *next}}, deadline);
  if (!accepted) co_return std::unexpected(accepted.error());
  auto plan = impl_->driver.plan({{name, *next}});
  co_return Outcome{std::move(*next), std::move(plan), impl_->state.services.contains(name)};
}

Task<Result<>> Reconciler::reload(bool recreate, RequestContext context) {
  if (auto able = ready(); !able) co_return able;
  // Without the turn: a reload that has to wait holds up no change that needs none.
  auto reloaded = co_await impl_->driver.reload(recreate, impl_->limited(context));
  co_return reloaded;
}

Task<Result<std::vector<std::string>>> Reconciler::differences(Deadline deadline) {
  if (auto able = ready(); !able) co_return std::unexpected(able.error());
  auto found = co_await impl_->driver.differences(deadline);
  co_return std::move(found);
}

Result<> Reconciler::ready() const { return impl_->life.check(); }
bool Reconciler::synchronised() const { return impl_->synchronised; }
bool Reconciler::registry_away() const { return impl_->away; }
const model::DesiredState& Reconciler::state() const { return impl_->state; }
const std::map<std::string, std::string>& Reconciler::set_aside() const { return impl_->set_aside; }
const std::map<std::string, std::string>& Reconciler::not_refreshed() const { return impl_->not_refreshed; }
std::map<std::string, std::string> Reconciler::watch_problems() const { return impl_->watcher.problems(); }
const ProxyDriver& Reconciler::driver() const { return impl_->driver; }

}  // namespace dfp::reconcile
