#pragma once
#include <cstdint>
#include <optional>

#include "reconcile/address_follower.hpp"
#include "reconcile/contents.hpp"
#include "reconcile/foreseen.hpp"
#include "reconcile/losses.hpp"
#include "reconcile/route_owners.hpp"
#include "reconcile/shared.hpp"
#include "reconcile/store_writer.hpp"

namespace dfp::reconcile {

/// Follows the definition store: reads it whenever it may have changed, and makes the proxy serve what it
/// says. Nothing that was applied and kept is ever taken back by a reading that is older than it. One reading
/// costs time in proportion to what is stored.
class StoreFollower {
 public:
  /// The parts that a reading concerns; all must outlive the follower.
  struct Parts {
    Contents& contents;
    RouteOwners& owners;
    Losses& losses;
    StoreWriter& writer;
    AddressFollower& addresses;
  };
  StoreFollower(Shared& shared, Parts parts) : shared_(shared), parts_(parts), foreseen_(shared) {}

  /// Runs until the reconciler stops.
  Task<> follow();

  /// One reading. What is behind a registry that was made again is forgotten with it.
  Task<Result<registry::StoreSnapshot>> load(Deadline deadline);
  /// Makes the proxy serve what a snapshot says, and keeps what has to be kept again. In turn.
  Task<Result<>> converge(registry::StoreSnapshot snapshot);
  /// Applies what can be applied; a service that the proxy refuses is quarantined and keeps its last good
  /// version. In turn.
  Task<Result<>> apply_isolating(model::Change change);

  /// The start has taken over a snapshot itself.
  void note_started(std::uint64_t index) { index_ = index; }
  /// See Reconciler::synchronised().
  bool synchronised() const { return synchronised_; }
  void set_synchronised(bool synchronised) { synchronised_ = synchronised; }

 private:
  Deadline next_look() const;
  Task<Result<>> synchronise(Deadline deadline);
  std::optional<model::Service> newer(const registry::StoredService& stored, std::uint64_t snapshot_index);
  /// What it is given belongs to its caller, which awaits it.
  Task<> render_unclaimed(const registry::StoreSnapshot* snapshot, model::Change* change, Deadline deadline);
  bool knows_only_the_proxy() const;

  Shared& shared_;
  Parts parts_;
  Foreseen foreseen_;
  std::uint64_t index_ = 0;         ///< of the definition store, as last loaded
  std::uint64_t convergences_ = 0;  ///< counts snapshots that were taken over
  Clock::duration last_read_{};     ///< how long reading the whole definition store took
  bool synchronised_ = false;
  bool write_back_ = false;  ///< to the blank store: something changed meanwhile; else it waits for a change
};

}  // namespace dfp::reconcile
