#pragma once
#include "reconcile/address_follower.hpp"
#include "reconcile/contents.hpp"
#include "reconcile/losses.hpp"
#include "reconcile/route_owners.hpp"
#include "reconcile/shared.hpp"
#include "reconcile/start_sources.hpp"
#include "reconcile/store_follower.hpp"

namespace dfp::reconcile {

/// The start: what is known is put together (start_sources.hpp), and the proxy is made to serve it (ADR 14).
/// Used once, in turn; again only where it has failed.
class Start {
 public:
  /// What a start fills; all must outlive it.
  struct Parts {
    Contents& contents;
    RouteOwners& owners;
    Losses& losses;
    AddressFollower& addresses;
    StoreFollower& store;
  };
  Start(Shared& shared, Parts parts) : shared_(shared), parts_(parts) {}

  /// @return an error only when the proxy itself cannot be started.
  Task<Result<>> run();

 private:
  // Pointers belong to the caller, which awaits.
  Result<LastKnownState> read_last_known();
  Task<KnownState> known_at_start(StartSources* sources, Result<registry::StoreSnapshot>* snapshot);
  bool settle_missing(KnownState& known, const registry::StoreSnapshot& snapshot);
  Task<> recover(model::DesiredState* wanted, Deadline deadline);
  /// What could not be rendered anew is not served as it was stored.
  void drop_unclaimed_texts(model::DesiredState* recovered);
  Task<Result<>> serve_first(KnownState known, StartSources sources);
  bool set_unfit_aside(model::DesiredState* wanted);
  Task<Result<>> start_isolating(model::DesiredState wanted, StartSources sources);
  Task<> serve_last_good(model::DesiredState last);

  Shared& shared_;
  Parts parts_;
};

}  // namespace dfp::reconcile
