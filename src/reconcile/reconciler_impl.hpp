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
#include "reconcile/start.hpp"
#include "reconcile/store_follower.hpp"
#include "reconcile/store_writer.hpp"
#include "reconcile/watcher.hpp"

namespace dfp::reconcile {

/// The reconciler's inside, shared by the files that implement it: requests (requests.cpp), following the
/// definition store (convergence.cpp), and following the registry for single services (watching.cpp).
struct Reconciler::Impl : Shared {
  Impl(Executor executor_, registry::Catalog& catalog_, registry::DefinitionStore& store_,
       ProxyDriver& driver_, ReconcilerSettings settings_, TemplateParts templates_);

  Task<Result<>> start();
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
  Start first;
  Watcher watcher;
};

}  // namespace dfp::reconcile
