#pragma once
#include <chrono>
#include <optional>
#include <set>
#include <string>

#include "reconcile/contents.hpp"
#include "reconcile/health_wait.hpp"
#include "reconcile/losses.hpp"
#include "reconcile/next_service.hpp"
#include "reconcile/outcome.hpp"
#include "reconcile/route_owners.hpp"
#include "reconcile/shared.hpp"
#include "reconcile/store_follower.hpp"
#include "reconcile/store_writer.hpp"
#include "reconcile/wish.hpp"

namespace dfp::reconcile {

/// What becomes of a request: its turn, the service as it will be, the proxy, the definition store. The
/// public functions are those of Reconciler, and log what the request came to.
class Requests {
 public:
  /// What requests work with; all must outlive them.
  struct Parts {
    Contents& contents;
    RouteOwners& owners;
    Losses& losses;
    StoreWriter& writer;
    StoreFollower& store;
    NextService& next_service;
  };
  Requests(Shared& shared, Parts parts)
      : shared_(shared), parts_(parts), health_wait_(shared, parts.contents, parts.next_service) {}

  Task<Result<Outcome>> reconfigure(model::Definition definition, Origin origin, ReconfigureOptions options,
                                    RequestContext context);
  /// Pins a configured service anew; or, where some are given, only takes these out.
  Task<Result<Outcome>> pin(std::string service, std::set<std::string> without);
  Task<Result<Outcome>> remove(std::string service, Origin origin, RequestContext context);
  Task<Result<Outcome>> preview(model::Definition definition, RequestContext context);

 private:
  /// Reconfigures once all newcomers have passed the gate. Expects nobody to hold the turn.
  Task<Result<Outcome>> when_healthy(Wish wish, std::chrono::milliseconds within);
  /// Waits for the turn, unless a later order was carried out or nobody waits any more. What takes its time
  /// (host names, the pace of reloads) is done between two turns.
  Task<Result<Outcome>> in_turn(Wish wish);
  Task<Result<Outcome>> take_turn(Wish wish);
  /// In turn: tries until no other writer interferes.
  Task<Result<Outcome>> carry_out(Wish wish);
  /// nullopt: another writer changed the stored service meanwhile, and nothing was changed here.
  Task<Result<std::optional<Outcome>>> try_once(Wish wish);
  /// Waits for the turn, as in_turn().
  Task<Result<Outcome>> remove_in_turn(std::string service, RequestContext context);
  Task<Result<Outcome>> remove_once(std::string service, Deadline deadline);

  Shared& shared_;
  Parts parts_;
  HealthWait health_wait_;
};

}  // namespace dfp::reconcile
