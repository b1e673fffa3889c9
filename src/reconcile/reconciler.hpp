#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/wait.hpp"
#include "model/route_table.hpp"
#include "reconcile/origin.hpp"
#include "reconcile/outcome.hpp"
#include "reconcile/proxy_driver.hpp"
#include "reconcile/reconciler_settings.hpp"
#include "reconcile/renderer.hpp"
#include "reconcile/request_context.hpp"
#include "reconcile/watcher.hpp"
#include "registry/catalog.hpp"
#include "registry/definition_store.hpp"
#include "registry/template_source.hpp"

namespace dfp::reconcile {

/// The single writer of proxy state: takes requests, plans, applies, keeps; follows the definition store.
/// Requests run one after another in order of arrival. Use from one executor.
/// Until start() has succeeded, and for ever after it failed, every request is refused with Unavailable and
/// nothing is touched: what a request meets must be what the registry and the proxy hold, never a world that
/// is half read.
class Reconciler {
 public:
  Reconciler(Executor executor, registry::Catalog& catalog, registry::DefinitionStore& store,
             ProxyDriver& driver, ReconcilerSettings settings, TemplateParts templates = {});
  ~Reconciler();

  /// Starts the proxy from the registry, from the last known state where the registry does not tell, and from
  /// what a running HAProxy serves where neither does (start_sources.hpp); then follows the definition store.
  /// @return an error only when the proxy itself cannot be started.
  Task<Result<>> start();
  /// Ends the loop; a request that runs is finished.
  Task<> stop();

  /// Pins the instances that the catalog knows now, makes the proxy serve the definition and keeps it.
  /// @return InvalidArgument; Conflict (route of another service, the last instances of a serving service
  /// would vanish, or an instance is not healthy in time); Unavailable (registry); Rejected (proxy). A
  /// failure changes nothing. Other requests go on while this one waits for health; Conflict also when one of
  /// them, or another proxy, has changed the same service before this one was ready.
  /// @param context Timeout and Cancelled by it mean that nothing was changed, unless the message says
  /// otherwise
  /// @param origin who asks; its policy says what the change may
  Task<Result<Outcome>> reconfigure(model::Definition definition, Origin origin,
                                    ReconfigureOptions options = {}, RequestContext context = {});

  /// Pins anew what the catalog knows now for a configured service, none included: for a catalog that is the
  /// authority over its instances (Docker) and is followed: Origin::catalog, by whoever asked for the
  /// service.
  /// @return NotFound when no such service is configured; else as reconfigure().
  Task<Result<Outcome>> repin(std::string service);

  /// Takes single instances out of a configured service until it is pinned anew. @return as repin().
  Task<Result<Outcome>> unpin(std::string service, std::set<std::string> ids);

  /// Removes the service's routes, servers and record. @return an Outcome with existed=false for an unknown
  /// one; Unavailable at once where the origin is not kept waiting for a registry that is away.
  Task<Result<Outcome>> remove(std::string service, Origin origin, RequestContext context = {});

  /// What `reconfigure` would do; changes nothing.
  Task<Result<Outcome>> preview(model::Definition definition, RequestContext context = {});

  /// A reload of HAProxy that an operator asks for; waits for its turn. @param recreate render everything
  /// anew.
  Task<Result<>> reload(bool recreate, RequestContext context = {});

  /// Whether requests are taken: start() has succeeded and stop() was not called. @return why not.
  Result<> ready() const;
  /// True after the first full synchronisation with the registry; also where it is blank and the last known
  /// state says what is served.
  bool synchronised() const;
  /// Whether the registry could not be reached when it was asked last.
  bool registry_away() const;
  const model::DesiredState& state() const;
  /// Stored services that cannot be applied: name -> reason. All others keep working.
  std::map<std::string, std::string> set_aside() const;
  /// Services that are served as they were stored because their template, say, could not be rendered again at
  /// the start: name -> reason.
  std::map<std::string, std::string> not_refreshed() const;
  /// Services that are served although the registry does not have them so: name -> reason.
  std::map<std::string, std::string> kept() const;
  /// Services with the pinned instances that are not used because their addresses are other ones' now.
  std::map<std::string, std::string> withdrawn() const;
  /// Services with `watch` that do not follow at present: name -> reason. They are served as they were.
  std::map<std::string, std::string> watch_problems() const;
  /// Whether the proxy really serves it: see ProxyDriver::differences().
  Task<Result<std::vector<std::string>>> differences(Deadline deadline);
  const ProxyDriver& driver() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace dfp::reconcile
