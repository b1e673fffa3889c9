#pragma once
#include <functional>
#include <string>

#include "base/wait.hpp"
#include "reconcile/last_known.hpp"
#include "reconcile/ledger.hpp"
#include "reconcile/orders.hpp"
#include "reconcile/proxy_driver.hpp"
#include "reconcile/reconciler_settings.hpp"
#include "reconcile/request_context.hpp"
#include "registry/catalog.hpp"
#include "registry/definition_store.hpp"

namespace dfp::reconcile {

/// Whether the registry could not be asked, or did not answer; any other error is its answer.
inline bool is_away(const Error& error) {
  return error.code == Errc::Unavailable || error.code == Errc::Timeout || error.code == Errc::OutcomeUnknown;
}

/// What the proxy says to a service that it will not serve; anything else may pass when it is tried again.
inline bool is_refusal(const Error& error) {
  return error.code == Errc::Rejected || error.code == Errc::InvalidArgument || error.code == Errc::Conflict;
}

/// What the parts of the reconciler work on together: the world outside, whose turn it is, what is known of
/// each service. Made first and destroyed last; each part has a reference. Only what several parts change is
/// here. The ledger, `away` and what the driver serves are changed only by whoever holds `turn`.
struct Shared {
  /// How often a request starts again because another proxy changed the same service, or claimed a route,
  /// meanwhile.
  static constexpr int kAttempts = 8;

  Shared(Executor executor_, registry::Catalog& catalog_, registry::DefinitionStore& store_,
         ProxyDriver& driver_, ReconcilerSettings settings_);

  /// The service as it is served; nullptr when it is not.
  const model::Service* served(const std::string& name) const;
  /// The same; one that is overtaken as it was before.
  const model::Service* agreed(const std::string& name) const;
  /// The earlier of the caller's limit and ours, from now on.
  RequestContext limited(RequestContext context) const;

  /// A service was applied, or is not any more, and that is kept in the definition store.
  void note_kept(const std::string& name);
  /// Sets a stored service aside, and says so once.
  void quarantine(const std::string& name, std::string reason);
  /// The same for the known version, which the proxy has refused.
  void note_refused(const std::string& name, const std::string& reason);

  Executor executor;
  registry::Catalog& catalog;
  registry::DefinitionStore& store;
  ProxyDriver& driver;
  ReconcilerSettings settings;
  Orders orders;
  AsyncMutex turn;         ///< requests and convergence change the proxy one after another
  Signal stopping_signal;  ///< also what everybody waits for who waits for time to pass
  bool stopping = false;
  bool away = false;                 ///< the registry, when it was asked last
  const model::DesiredState& state;  ///< the driver's: what is applied
  Ledger ledger;
  LastKnown last_known;
  /// Called by note_kept(): for parts with an index over what is served. The service is nullptr when it is
  /// not served any more.
  std::function<void(const std::string& name, const model::Service* service)> when_kept;
};

}  // namespace dfp::reconcile
