#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/deadline.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "model/plan.hpp"
#include "reconcile/request_context.hpp"

namespace dfp::reconcile {

/// Author of a service that was found in a running proxy and nowhere else. What the proxy does not tell is
/// missing in it, so it is served and never kept in the registry.
inline constexpr const char* kFoundAuthor = "haproxy";

/// The proxy, as seen by the reconciler: something that can be made to serve a state. One caller at a time.
class ProxyDriver {
 public:
  virtual ~ProxyDriver() = default;

  /// What a proxy serves that outlived an earlier control plane, as far as it tells itself; nothing where
  /// none runs. Called before start(), and changes nothing. @return as start(), and Unavailable where a proxy
  /// runs and does not answer.
  virtual Task<Result<model::DesiredState>> found(Deadline deadline) = 0;

  /// Starts (or takes over) the proxy and makes it serve exactly `state`. Called before what follows;
  /// called again with another state when it was Rejected.
  virtual Task<Result<>> start(model::DesiredState state, Deadline deadline) = 0;

  /// Which services kept the last start from succeeding, each with the reason; known when it was Rejected.
  /// Without them the start is worth another try. Empty: it is not known which.
  virtual std::map<std::string, std::string> unfit() const { return {}; }

  /// What `change` would need. No side effect.
  virtual model::Plan plan(const model::Change& change) const = 0;

  /// Makes the proxy serve the applied state with `change` on top: all or nothing. Success means that the
  /// proxy has confirmed it. On failure it serves what it served before.
  /// @return Rejected with the proxy's own message and the offending service when it refuses; InvalidArgument
  /// or Conflict when it is the service's template that it refuses; Timeout; Unavailable.
  virtual Task<Result<model::Plan>> apply(model::Change change, Deadline deadline) = 0;

  /// Whether apply() would take `change`, as far as that can be told without an effect. @return as apply().
  virtual Task<Result<>> examine(model::Change change, Deadline deadline) = 0;

  /// Does beforehand, without keeping others from their turn, what takes its time before a change: names are
  /// looked up, the texts of templates are checked, and a reload that must not follow the last ones at once
  /// is waited for. May be called at any time, several at once; changes nothing that is served.
  /// @return InvalidArgument or Conflict for a template that would be refused, as examine(); Unavailable
  /// where no reload may be made before the deadline.
  virtual Task<Result<>> prepare(model::Change, Deadline) { co_return Result<>{}; }
  /// Whether a change has nothing to wait for any more.
  virtual bool prepared(const model::Change&) const { return true; }

  /// What became of the host name under which an instance is registered.
  struct NameState {
    std::string address;  ///< in use for it; empty: none, the instance gets no requests
    std::string problem;  ///< why it could not be looked up last, or must not be used; empty: all is well
  };
  /// nullopt for a literal address that may be used, and a name that was never looked up.
  virtual std::optional<NameState> name_state(const model::Instance&) const { return std::nullopt; }

  /// One health check of an instance, as it is made while the instance serves, whether the proxy knows it or
  /// not. May be called at any time, several at once. @return Rejected, Unavailable or Timeout with the check
  /// and the reason when it is bad.
  virtual Task<Result<>> check(model::Instance instance, model::HealthCheck check, Deadline deadline) = 0;

  /// Instances of a service that running checks have taken out, each with the reason.
  virtual std::vector<std::string> unhealthy(const std::string& service) const = 0;

  /// One server as the proxy itself sees it.
  struct ServerHealth {
    unsigned destination = model::kFirstDestination;
    std::string address;
    std::uint16_t port = 0;
    std::string state;             ///< "UP", "DOWN", "UP 1/3" on its way down, "DRAIN", "MAINT", "no check"
    std::chrono::seconds since{};  ///< how long
    std::string check;             ///< the last check in short; empty where nothing is checked
    std::string text;              ///< and in words

    /// Gets requests.
    bool is_up() const { return state.starts_with("UP") || state == "no check"; }
  };
  using Health = std::map<std::string, std::vector<ServerHealth>>;  ///< by service
  /// Asks the proxy for the state of the servers of these services. Those with templates of their own are not
  /// in it. Costs one round trip, and time in proportion to the services (all of 10,000: about 0.1 s);
  /// changes go on meanwhile. @return Unavailable, Timeout
  virtual Task<Result<Health>> health(std::set<std::string> services, Deadline deadline) const = 0;

  /// A reload that an operator asks for. May be called at any time: it waits until it may be made, and for
  /// its turn. @param recreate looks for certificates again and renders everything anew.
  /// @return as apply(); Cancelled, and nothing was begun, for a request that is not wanted any more.
  virtual Task<Result<>> reload(bool recreate, RequestContext context) = 0;

  /// What keeps the proxy from serving or from being changed at this moment, in one sentence: it has died, or
  /// does not answer. The driver mends it by itself; this is for readiness. Costs nothing.
  virtual std::optional<std::string> trouble() const { return std::nullopt; }

  /// What is being served, as far as the proxy has confirmed it. differences() asks it again.
  virtual const model::DesiredState& applied() const = 0;

  /// Reads what the proxy serves at this moment. @return how it differs from applied(), one line for each
  /// difference, for people; Unavailable, Timeout. Costs as much as there is served (0.2 s for 10,000
  /// services); changes go on meanwhile.
  virtual Task<Result<std::vector<std::string>>> differences(Deadline deadline) = 0;

  /// The configuration in force, as text, for people.
  virtual std::string config() const = 0;

  /// How texts that others wrote are checked, for people; empty when there is nothing to say.
  virtual std::string template_check() const { return {}; }

  /// Ends the proxy gently: listening stops, requests in flight finish until the deadline.
  virtual Task<> stop(Deadline deadline) = 0;
};

}  // namespace dfp::reconcile
