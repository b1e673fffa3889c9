#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reconcile/contents.hpp"
#include "reconcile/next_service.hpp"
#include "reconcile/route_owners.hpp"
#include "reconcile/shared.hpp"
#include "reconcile/store_follower.hpp"
#include "reconcile/store_writer.hpp"
#include "reconcile/watcher.hpp"

namespace dfp::reconcile {

/// What the watcher sees and does. Services that follow the registry (`watch`) are renewed together: what
/// changes at once is one change of the proxy, and one reload where templates need that (ADR 9).
class Renewals : public Followed {
 public:
  /// What renewals work with; all must outlive them.
  struct Parts {
    Contents& contents;
    RouteOwners& owners;
    StoreWriter& writer;
    StoreFollower& store;
    NextService& next_service;
  };
  Renewals(Shared& shared, Parts parts) : shared_(shared), parts_(parts) {}

  const model::Service* served(const std::string& name) const override { return shared_.served(name); }
  bool leads(const std::string& name) const override { return shared_.ledger.of(name).is_ours(); }
  Task<Result<Look>> look(model::Definition definition, std::chrono::system_clock::time_point now,
                          Deadline deadline) override;
  Task<Result<>> changed(model::Definition definition, std::shared_ptr<const Look> look,
                         Deadline deadline) override;
  /// The first one takes the turn for all that come until then.
  Task<Result<>> renew(std::string name) override;

 private:
  /// The services that wait for one turn.
  struct Batch;
  Task<> renew_together(std::shared_ptr<Batch> batch);
  Task<> prepare(std::shared_ptr<Batch> batch);
  Task<Result<>> catch_up(Deadline deadline);
  Task<> renew_round(std::shared_ptr<Batch> batch);
  Task<Result<std::optional<model::Service>>> renewed(std::string name, Deadline deadline);
  Task<> serve(std::shared_ptr<Batch> batch, std::vector<model::Service> due);

  Shared& shared_;
  Parts parts_;
  std::shared_ptr<Batch> gathering_;  ///< waits for its turn; who comes joins it
};

}  // namespace dfp::reconcile
