#pragma once
#include <string>

#include "reconcile/losses.hpp"
#include "reconcile/route_owners.hpp"
#include "reconcile/shared.hpp"

namespace dfp::reconcile {

/// Writes to the definition store what the proxy serves, and notes in the ledger what the registry has taken;
/// makes the proxy go back where the registry does not take it (ADR 2). Used in turn. Each call is one write.
class StoreWriter {
 public:
  StoreWriter(Shared& shared, RouteOwners& owners, Losses& losses)
      : shared_(shared), owners_(owners), losses_(losses) {}

  /// What is in force here may be older than what another proxy has kept: an order that changes nothing is
  /// acknowledged only where the registry still says the same.
  Task<Result<bool>> still_stored(std::string name, Deadline deadline);
  /// Writes what was applied. @param next the caller's, which awaits the end. @return as the store's put()
  Task<Result<>> keep(const model::Service* next, registry::ClaimWrite claim, Deadline deadline);
  /// Writes what could not be kept when it was applied, or was lost with the registry. One that another proxy
  /// has written meanwhile is left to the next look. Costs nothing where all is kept.
  Task<Result<>> keep_again();
  /// Removes the record of a service. @return as the store's remove()
  Task<Result<>> remove(std::string service, Deadline deadline);
  /// The registry gets the record again of a service that the proxy could not remove; this has a time of its
  /// own, as the refusal may have used up the request's. Where that fails the service goes after all, with
  /// the next look at the definition store, here and in the other proxies.
  /// @return what the caller of remove is told.
  Task<Error> put_back(model::Service service, Error refusal);

  /// Makes the proxy serve again what it served before changes that could not be kept. Where that fails, the
  /// next look at the definition store puts it right: its records differ from what is applied.
  Task<> undo(model::Change before);
  /// What the last reading has not replaced of the changes that another writer was faster with.
  Task<> undo_overtaken();

 private:
  void note_own_write(const std::string& name, std::uint64_t version);

  Shared& shared_;
  RouteOwners& owners_;
  Losses& losses_;
};

}  // namespace dfp::reconcile
