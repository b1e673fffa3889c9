#pragma once
#include "reconcile/shared.hpp"

namespace dfp::reconcile {

/// What takes its time before a change of others can be applied (host names, checks of templates) is done
/// before the turn is taken, so that nobody waits for it.
class Foreseen {
 public:
  explicit Foreseen(Shared& shared) : shared_(shared) {}

  /// Prepares what a snapshot is going to change, without the turn. @param snapshot the caller's, which
  /// awaits
  Task<> prepare(const registry::StoreSnapshot* snapshot);
  /// Those of a change that are known to be refused are quarantined without another try.
  void drop_refusals(model::Change* change);

 private:
  model::Change change_of(const registry::StoreSnapshot& snapshot) const;

  Shared& shared_;
};

}  // namespace dfp::reconcile
