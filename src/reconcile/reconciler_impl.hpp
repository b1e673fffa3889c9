#pragma once
#include "base/start_state.hpp"
#include "base/task_group.hpp"
#include "metrics/metrics.hpp"
#include "reconcile/address_follower.hpp"
#include "reconcile/contents.hpp"
#include "reconcile/health_follower.hpp"
#include "reconcile/health_gate.hpp"
#include "reconcile/losses.hpp"
#include "reconcile/reconciler.hpp"
#include "reconcile/route_owners.hpp"
#include "reconcile/shared.hpp"
#include "reconcile/start_sources.hpp"
#include "reconcile/store_follower.hpp"
#include "reconcile/store_writer.hpp"
#include "reconcile/watcher.hpp"

namespace dfp::reconcile {

/// The reconciler's inside, shared by the files that implement it: requests (requests.cpp), following the
/// definition store (convergence.cpp), and following the registry for single services (watching.cpp).
struct Reconciler::Impl : Shared, Followed {
  Impl(Executor executor_, registry::Catalog& catalog_, registry::DefinitionStore& store_,
       ProxyDriver& driver_, ReconcilerSettings settings_, TemplateParts templates_);

  // Requests (requests.cpp, storing.cpp). All of them expect the caller to hold `turn`.
  /// What is asked for, and by whom.
  struct Wish {
    model::Definition definition;
    Origin origin;
    HealthGate* gate = nullptr;  ///< what newcomers among the instances must have passed; nullptr: nothing
    std::optional<std::vector<model::Instance>> instances = {};  ///< these, whatever the catalog says
    RequestContext context = {};
    /// Where it is given: what has to be prepared first is put there, and nothing is changed.
    std::optional<model::Change>* to_prepare = nullptr;
    Orders::Ticket* ticket = nullptr;  ///< nullptr: no order, only what follows from the last one
  };
  /// Tries until no other writer interferes.
  Task<Result<Outcome>> reconfigure(Wish wish);
  /// Waits for the turn, unless a later order was carried out or nobody waits any more. What takes its time
  /// (host names, the pace of reloads) is done between two turns.
  Task<Result<Outcome>> reconfigure_in_turn(Wish wish);
  Task<Result<Outcome>> take_turn(Wish wish);
  /// Refuses a service of which not one instance has an address. One that has none leaves the others serving.
  Result<> has_an_address(const model::Service& next) const;
  /// Pins a configured service anew; or, where some are given, only takes these out.
  Task<Result<Outcome>> pin(std::string service, std::set<std::string> without);
  /// nullopt: another writer changed the stored service meanwhile, and nothing was changed here.
  Task<Result<std::optional<Outcome>>> reconfigure_once(Wish wish);
  /// Waits for the turn, as reconfigure_in_turn().
  Task<Result<Outcome>> remove_in_turn(std::string service, RequestContext context);
  Task<Result<Outcome>> remove_once(std::string service, Deadline deadline);
  Task<Result<model::Service>> next_service(Wish wish);
  Result<> would_stop_serving(const model::Service& next) const;
  /// Instances that the service does not have now.
  std::vector<model::Instance> newcomers(const std::string& service,
                                         const std::vector<model::Instance>& instances) const;
  /// Reconfigures once all newcomers have passed the gate. Expects nobody to hold `turn`.
  Task<Result<Outcome>> reconfigure_when_healthy(Wish wish, std::chrono::milliseconds within);
  Task<Result<>> wait_until_healthy(Wish wish);

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

  // For the watcher (watching.cpp).
  const model::Service* served(const std::string& name) const override;
  Task<Result<Look>> look(model::Definition definition, std::chrono::system_clock::time_point now,
                          Deadline deadline) override;
  Task<Result<>> changed(model::Definition definition, std::shared_ptr<const Look> look,
                         Deadline deadline) override;
  bool leads(const std::string& name) const override;
  Task<Result<>> renew(std::string name) override;

  // Renewing what is watched (renewals.cpp).
  struct Renewals;
  Task<> renew_together(std::shared_ptr<Renewals> batch);
  Task<> prepare_renewals(std::shared_ptr<Renewals> batch);
  Task<Result<>> catch_up(Deadline deadline);
  Task<> renew_round(std::shared_ptr<Renewals> batch);
  Task<Result<std::optional<model::Service>>> renewed(std::string name, Deadline deadline);
  Task<> serve_renewed(std::shared_ptr<Renewals> batch, std::vector<model::Service> due);

  std::shared_ptr<Renewals> gathering;  ///< waits for its turn; who comes joins it
  TaskGroup followers;
  StartState life{"the proxy"};  ///< asked by every public call that acts

  Contents contents;
  RouteOwners owners;
  Losses losses;
  StoreWriter writer;
  AddressFollower addresses;
  StoreFollower stored;
  HealthFollower health;
  Watcher watcher;
};

}  // namespace dfp::reconcile
