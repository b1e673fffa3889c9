#include "reconcile/reconciler.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "reconcile/reconciler_impl.hpp"

namespace dfp::reconcile {
namespace {

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

Reconciler::Impl::Impl(Executor executor_, registry::Catalog& catalog_, registry::DefinitionStore& store_,
                       ProxyDriver& driver_, ReconcilerSettings settings_, TemplateParts templates)
    : Shared(executor_, catalog_, store_, driver_, std::move(settings_)),
      contents(*this, templates),
      owners(*this),
      losses(*this),
      writer(*this, owners, losses),
      addresses(*this),
      stored(*this, {contents, owners, losses, writer, addresses}),
      health(*this),
      followers(executor_),
      watcher(executor_, *this, settings.watch) {
  when_kept = [this](const std::string& name, const model::Service* service) {
    owners.set(name, service);
    if (!service) addresses.forget(name);
    watcher.set(name, service);
  };
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
  auto wake = [impl = impl_.get()] { impl->stopping_signal.notify_all(); };
  co_await impl_->followers.stop(wake, Deadline::after(std::chrono::seconds(2)));
  auto lock = co_await impl_->turn.lock(Deadline::after(std::chrono::seconds(2)));
  if (lock) impl_->last_known.flush();
}

Task<Result<Outcome>> Reconciler::reconfigure(model::Definition definition, Origin origin,
                                              ReconfigureOptions options, RequestContext context) {
  if (auto able = ready(); !able) co_return std::unexpected(able.error());
  auto service = definition.service;
  Orders::Ticket ticket(impl_->orders, service);
  Impl::Wish wish{std::move(definition), std::move(origin)};
  wish.ticket = &ticket;
  wish.context = impl_->limited(context);
  Result<Outcome> outcome;
  if (options.healthy_within) {
    wish.context = context;  // its limit begins behind the wait
    outcome = co_await impl_->reconfigure_when_healthy(std::move(wish), *options.healthy_within);
  } else if (auto tried = co_await impl_->contents.try_template(wish.definition, wish.context.deadline);
             !tried) {
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
  Wish wish{present->second.definition, Origin::catalog(present->second.changed_by)};
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

Task<Result<Outcome>> Reconciler::remove(std::string service, Origin origin, RequestContext context) {
  if (origin.policy().kept_later && registry_away())
    co_return fail(Errc::Unavailable, "not removed: the registry is unavailable");
  if (auto able = ready(); !able) co_return std::unexpected(able.error());
  if (auto valid = model::check_service_name(service); !valid) co_return std::unexpected(valid.error());
  auto outcome = co_await impl_->remove_in_turn(service, impl_->limited(context));
  if (outcome)
    log::info("service.remove",
              {{"service", service}, {"existed", outcome->existed}, {"by", origin.author()}});
  if (!outcome) log::warn("service.remove", {{"service", service}, {"error", outcome.error().what}});
  co_return outcome;
}

Task<Result<Outcome>> Reconciler::preview(model::Definition definition, RequestContext context) {
  if (auto able = ready(); !able) co_return std::unexpected(able.error());
  auto name = definition.service;
  Impl::Wish wish{std::move(definition), Origin::api("preview")};
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

bool Reconciler::synchronised() const { return impl_->stored.synchronised(); }

bool Reconciler::registry_away() const { return impl_->away; }

const model::DesiredState& Reconciler::state() const { return impl_->state; }

std::map<std::string, std::string> Reconciler::set_aside() const { return impl_->ledger.quarantined(); }

std::map<std::string, std::string> Reconciler::not_refreshed() const { return impl_->ledger.not_refreshed(); }

std::map<std::string, std::string> Reconciler::kept() const { return impl_->losses.reasons(); }

std::map<std::string, std::string> Reconciler::withdrawn() const { return impl_->addresses.withdrawn(); }

std::map<std::string, std::string> Reconciler::watch_problems() const { return impl_->watcher.problems(); }

const ProxyDriver& Reconciler::driver() const { return impl_->driver; }

}  // namespace dfp::reconcile
