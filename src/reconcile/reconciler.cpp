#include "reconcile/reconciler.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "reconcile/reconciler_impl.hpp"

namespace dfp::reconcile {
Reconciler::Impl::Impl(Executor executor_, registry::Catalog& catalog_, registry::DefinitionStore& store_,
                       ProxyDriver& driver_, ReconcilerSettings settings_, TemplateParts templates)
    : Shared(executor_, catalog_, store_, driver_, std::move(settings_)),
      contents(*this, templates),
      owners(*this),
      losses(*this),
      writer(*this, owners, losses),
      addresses(*this),
      stored(*this, {contents, owners, losses, writer, addresses}),
      next_service(*this, contents, owners),
      requests(*this, {contents, owners, losses, writer, stored, next_service}),
      renewals(*this, {contents, owners, writer, stored, next_service}),
      health(*this),
      first(*this, {contents, owners, losses, addresses, stored}),
      followers(executor_),
      watcher(executor_, renewals, settings.watch) {
  when_kept = [this](const std::string& name, const model::Service* service) {
    owners.set(name, service);
    if (!service) addresses.forget(name);
    watcher.set(name, service);
  };
}

Task<Result<>> Reconciler::Impl::start() {
  auto lock = co_await turn.lock();  // a request that comes early waits for its turn
  auto started = co_await first.run();
  if (started) begin_to_follow();
  co_return started;
}

void Reconciler::Impl::begin_to_follow() {
  followers.spawn(stored.follow(), "reconcile.follow");
  followers.spawn(addresses.follow(), "reconcile.follow_addresses");
  if (settings.follow_health) followers.spawn(health.follow(), "reconcile.follow_health");
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
  co_return co_await impl_->requests.reconfigure(std::move(definition), std::move(origin), options,
                                                 std::move(context));
}

Task<Result<Outcome>> Reconciler::repin(std::string service) {
  if (auto able = ready(); !able) co_return std::unexpected(able.error());
  co_return co_await impl_->requests.pin(std::move(service), {});
}

Task<Result<Outcome>> Reconciler::unpin(std::string service, std::set<std::string> ids) {
  if (auto able = ready(); !able) co_return std::unexpected(able.error());
  co_return co_await impl_->requests.pin(std::move(service), std::move(ids));
}

Task<Result<Outcome>> Reconciler::remove(std::string service, Origin origin, RequestContext context) {
  if (auto able = ready(); !able) co_return std::unexpected(able.error());
  co_return co_await impl_->requests.remove(std::move(service), std::move(origin), std::move(context));
}

Task<Result<Outcome>> Reconciler::preview(model::Definition definition, RequestContext context) {
  if (auto able = ready(); !able) co_return std::unexpected(able.error());
  co_return co_await impl_->requests.preview(std::move(definition), std::move(context));
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
