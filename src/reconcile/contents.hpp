#pragma once
#include <chrono>
#include <memory>
#include <vector>

#include "reconcile/shared.hpp"
#include "reconcile/watcher.hpp"

namespace dfp::reconcile {

/// What a definition is filled with at this moment: the instances that the catalog knows, or what the
/// templates give. Changes nothing but a service's `not_refreshed` in the ledger, so all but refresh() may be
/// called without the turn, several at once.
class Contents {
 public:
  Contents(Shared& shared, TemplateParts templates)
      : shared_(shared), renderer_(templates.renderer), source_(templates.source) {}

  /// Instances in maintenance are left out: their operator took them out of service. Critical ones are kept:
  /// a check that has just begun is critical, and HAProxy's own checks decide who gets traffic.
  Task<Result<std::vector<model::Instance>>> present_instances(model::Definition definition,
                                                               registry::Freshness freshness,
                                                               Deadline deadline);
  /// With what the registry says at this moment: the service's instances, or what its template makes of it.
  Task<Result<model::Service>> fill(model::Service service, registry::Freshness freshness, Deadline deadline);
  /// Templates take `changed_at` for the present time: rendered again, here or by another proxy, they give
  /// the same text.
  Task<Result<model::Service>> render(model::Service service, Deadline deadline);
  /// Renders a template for nothing, and without `turn`: one that is wrong, or takes its time to be so, must
  /// not hold up other requests.
  Task<Result<>> try_template(model::Definition definition, Deadline deadline);
  /// Brings a stored service to what the registry says now. Its pins, or what its template gave, stay where
  /// that is nothing or cannot be known.
  /// @param readable set to false when the registry cannot be read; then nothing is asked any more. Both
  /// pointers belong to the caller, which awaits.
  Task<> refresh(model::Service* service, bool* readable, Deadline deadline);

  /// As Followed::look() and Followed::changed().
  Task<Result<Look>> look(model::Definition definition, std::chrono::system_clock::time_point now,
                          Deadline deadline);
  Task<Result<>> changed(model::Definition definition, std::shared_ptr<const Look> look, Deadline deadline);

 private:
  Shared& shared_;
  Renderer* renderer_;
  registry::TemplateSource* source_;
};

}  // namespace dfp::reconcile
