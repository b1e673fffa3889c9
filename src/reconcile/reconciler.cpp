#include "reconcile/reconciler.hpp"

#include "base/start_state.hpp"
#include "base/task_group.hpp"
#include "reconcile/address_follower.hpp"
#include "reconcile/contents.hpp"
#include "reconcile/health_follower.hpp"
#include "reconcile/losses.hpp"
#include "reconcile/next_service.hpp"
#include "reconcile/renewals.hpp"
#include "reconcile/requests.hpp"
#include "reconcile/route_owners.hpp"
#include "reconcile/shared.hpp"
#include "reconcile/start.hpp"
#include "reconcile/store_follower.hpp"
#include "reconcile/store_writer.hpp"
#include "reconcile/watcher.hpp"

namespace dfp::reconcile {

/// The parts, in the order in which they need each other.
struct Reconciler::Parts {
  Parts(Executor executor, registry::Catalog& catalog, registry::DefinitionStore& definitions,
        ProxyDriver& driver, ReconcilerSettings settings, TemplateParts templates);

  Task<Result<>> start();
  void begin_to_follow();

  Shared shared;
  Contents contents;
  RouteOwners owners;
  Losses losses;
  StoreWriter writer;
  AddressFollower addresses;
  StoreFollower store;
  NextService next_service;
  Requests requests;
  Renewals renewals;
  HealthFollower health;
  Start first;
  Watcher watcher;
  TaskGroup followers;
  StartState life{"the proxy"};  ///< asked by every public call that acts
};

Reconciler::Parts::Parts(Executor executor, registry::Catalog& catalog,
                         registry::DefinitionStore& definitions, ProxyDriver& driver,
                         ReconcilerSettings settings, TemplateParts templates)
    : shared(executor, catalog, definitions, driver, std::move(settings)),
      contents(shared, templates),
      owners(shared),
      losses(shared),
      writer(shared, owners, losses),
      addresses(shared),
      store(shared, {contents, owners, losses, writer, addresses}),
      next_service(shared, contents, owners),
      requests(shared, {contents, owners, losses, writer, store, next_service}),
      renewals(shared, {contents, owners, writer, store, next_service}),
      health(shared),
      first(shared, {contents, owners, losses, addresses, store}),
      watcher(executor, renewals, shared.settings.watch),
      followers(executor) {
  shared.when_kept = [this](const std::string& name, const model::Service* service) {
    owners.set(name, service);
    if (!service) addresses.forget(name);
    watcher.set(name, service);
  };
}

Task<Result<>> Reconciler::Parts::start() {
  auto lock = co_await shared.turn.lock();  // a request that comes early waits for its turn
  auto started = co_await first.run();
  if (started) begin_to_follow();
  co_return started;
}

void Reconciler::Parts::begin_to_follow() {
  followers.spawn(store.follow(), "reconcile.follow");
  followers.spawn(addresses.follow(), "reconcile.follow_addresses");
  if (shared.settings.follow_health) followers.spawn(health.follow(), "reconcile.follow_health");
}

Reconciler::Reconciler(Executor executor, registry::Catalog& catalog, registry::DefinitionStore& store,
                       ProxyDriver& driver, ReconcilerSettings settings, TemplateParts templates)
    : parts_(std::make_unique<Parts>(std::move(executor), catalog, store, driver, std::move(settings),
                                     templates)) {}
Reconciler::~Reconciler() = default;

Task<Result<>> Reconciler::start() {
  auto started = co_await parts_->start();
  parts_->life.note(started);
  co_return started;
}

Task<> Reconciler::stop() {
  parts_->shared.stopping = true;
  parts_->life.end();
  parts_->shared.stopping_signal.notify_all();
  co_await parts_->watcher.stop();
  auto wake = [parts = parts_.get()] { parts->shared.stopping_signal.notify_all(); };
  co_await parts_->followers.stop(wake, Deadline::after(std::chrono::seconds(2)));
  auto lock = co_await parts_->shared.turn.lock(Deadline::after(std::chrono::seconds(2)));
  if (lock) parts_->shared.last_known.flush();
}

Task<Result<Outcome>> Reconciler::reconfigure(model::Definition definition, Origin origin,
                                              ReconfigureOptions options, RequestContext context) {
  if (auto able = ready(); !able) co_return std::unexpected(able.error());
  co_return co_await parts_->requests.reconfigure(std::move(definition), std::move(origin), options,
                                                  std::move(context));
}

Task<Result<Outcome>> Reconciler::repin(std::string service) {
  if (auto able = ready(); !able) co_return std::unexpected(able.error());
  co_return co_await parts_->requests.pin(std::move(service), {});
}

Task<Result<Outcome>> Reconciler::unpin(std::string service, std::set<std::string> ids) {
  if (auto able = ready(); !able) co_return std::unexpected(able.error());
  co_return co_await parts_->requests.pin(std::move(service), std::move(ids));
}

Task<Result<Outcome>> Reconciler::remove(std::string service, Origin origin, RequestContext context) {
  if (auto able = ready(); !able) co_return std::unexpected(able.error());
  co_return co_await parts_->requests.remove(std::move(service), std::move(origin), std::move(context));
}

Task<Result<Outcome>> Reconciler::preview(model::Definition definition, RequestContext context) {
  if (auto able = ready(); !able) co_return std::unexpected(able.error());
  co_return co_await parts_->requests.preview(std::move(definition), std::move(context));
}

Task<Result<>> Reconciler::reload(bool recreate, RequestContext context) {
  if (auto able = ready(); !able) co_return able;
  // Without the turn: a reload that has to wait holds up no change that needs none.
  auto reloaded = co_await parts_->shared.driver.reload(recreate, parts_->shared.limited(context));
  co_return reloaded;
}

Task<Result<std::vector<std::string>>> Reconciler::differences(Deadline deadline) {
  if (auto able = ready(); !able) co_return std::unexpected(able.error());
  auto found = co_await parts_->shared.driver.differences(deadline);
  co_return std::move(found);
}

Result<> Reconciler::ready() const { return parts_->life.check(); }

bool Reconciler::synchronised() const { return parts_->store.synchronised(); }

bool Reconciler::registry_away() const { return parts_->shared.away; }

const model::DesiredState& Reconciler::state() const { return parts_->shared.state; }

std::map<std::string, std::string> Reconciler::set_aside() const {
  return parts_->shared.ledger.quarantined();
}

std::map<std::string, std::string> Reconciler::not_refreshed() const {
  return parts_->shared.ledger.not_refreshed();
}

std::map<std::string, std::string> Reconciler::kept() const { return parts_->losses.reasons(); }

std::map<std::string, std::string> Reconciler::withdrawn() const { return parts_->addresses.withdrawn(); }

std::map<std::string, std::string> Reconciler::watch_problems() const { return parts_->watcher.problems(); }

const ProxyDriver& Reconciler::driver() const { return parts_->shared.driver; }

}  // namespace dfp::reconcile
