#pragma once
#include "base/start_state.hpp"
#include "base/task_group.hpp"
#include "metrics/metrics.hpp"
#include "reconcile/address_follower.hpp"
#include "reconcile/contents.hpp"
#include "reconcile/health_follower.hpp"
#include "reconcile/losses.hpp"
#include "reconcile/next_service.hpp"
#include "reconcile/reconciler.hpp"
#include "reconcile/renewals.hpp"
#include "reconcile/requests.hpp"
#include "reconcile/route_owners.hpp"
#include "reconcile/shared.hpp"
#include "reconcile/start_sources.hpp"
#include "reconcile/store_follower.hpp"
#include "reconcile/store_writer.hpp"
#include "reconcile/watcher.hpp"

namespace dfp::reconcile {

/// The reconciler's inside, shared by the files that implement it: requests (requests.cpp), following the
/// definition store (convergence.cpp), and following the registry for single services (watching.cpp).
struct Reconciler::Impl : Shared {
  Impl(Executor executor_, registry::Catalog& catalog_, registry::DefinitionStore& store_,
       ProxyDriver& driver_, ReconcilerSettings settings_, TemplateParts templates_);

  // The start (starting.cpp). Pointers belong to the caller, which awaits.
  Task<Result<>> start();
  Result<LastKnownState> read_last_known();
  /// What could not be rendered anew is not served as it was stored.
  void drop_unclaimed_texts(model::DesiredState* recovered);
  Task<KnownState> known_at_start(StartSources* sources, Result<registry::StoreSnapshot>* snapshot);
  bool settle_start(KnownState& known, const registry::StoreSnapshot& snapshot);
  Task<Result<>> serve_first(KnownState known, StartSources sources);
  bool set_unfit_aside(model::DesiredState* wanted);
  Task<Result<>> start_isolating(model::DesiredState wanted, StartSources sources);
  Task<> serve_last_good(model::DesiredState last);
  Task<> recover(model::DesiredState* wanted, Deadline deadline);
  void begin_to_follow();

  TaskGroup followers;
  StartState life{"the proxy"};  ///< asked by every public call that acts

  Contents contents;
  RouteOwners owners;
  Losses losses;
  StoreWriter writer;
  AddressFollower addresses;
  StoreFollower stored;
  NextService next_service;
  Requests requests;
  Renewals renewals;
  HealthFollower health;
  Watcher watcher;
};

}  // namespace dfp::reconcile
