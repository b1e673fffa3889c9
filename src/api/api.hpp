#pragma once
#include "api/access.hpp"
#include "api/answer.hpp"
#include "api/discovery.hpp"
#include "api/endpoints.hpp"
#include "base/fair_turns.hpp"
#include "base/task.hpp"
#include "metrics/metrics.hpp"
#include "net/http_message.hpp"
#include "net/query.hpp"
#include "reconcile/reconciler.hpp"
#include "registry/catalog.hpp"
#include "registry/registrar.hpp"

namespace dfp::api {

/// What the API stands on. All must outlive it.
struct Parts {
  reconcile::Reconciler& reconciler;
  registry::Catalog& catalog;
  registry::Registrar* registrar = nullptr;  ///< nullptr: instances are not registered through the proxy
  Discovery* discovery = nullptr;            ///< nullptr: no labels are followed
  metrics::Registry& metrics = metrics::process_registry();
  AccessRules access = {};
  /// Whether an address is this API's own: no instance may have it.
  std::function<bool(const std::string& host, std::uint16_t port)> is_own_address = {};
  bool open = false;  ///< listens to a network without asking who calls; shown in /services
};

/// The HTTP API: takes requests apart, calls the parts, writes the answers. No rules of its own.
/// A body is ignored.
class Api {
 public:
  explicit Api(Parts parts) : parts_(std::move(parts)), access_(parts_.access) {}

  /// A handler for net::HttpServer.
  Task<net::HttpResponse> handle(net::HttpRequest request);
  /// For net::HttpServerLimits: where all places are taken by requests at work, those about health are
  /// answered still.
  static std::optional<net::HttpResponse> when_crowded(const net::HttpRequest& request);

 private:
  /// So many answers that list things are made at once; who wants a hundred of them waits, others do not.
  static constexpr std::size_t kReaders = 4;

  /// A request to a known endpoint.
  struct Call {
    const Endpoint& endpoint;
    net::QueryPairs query;
    std::string peer;
    std::stop_token left;            ///< requested when the client has gone
    std::function<bool()> has_left;  ///< looks at its connection now
    Clock::time_point arrived = Clock::now();
    std::optional<Grant> limits = std::nullopt;  ///< what its token allows; nullopt: everything
    /// For what is asked of the reconciler, which adds its own time limit.
    reconcile::RequestContext context() const {
      return {.left = left, .has_left = has_left, .arrived = arrived};
    }
  };

  Task<net::HttpResponse> answer(net::HttpRequest request, const Endpoint* endpoint, net::QueryPairs query);
  Task<net::HttpResponse> dispatch(Call call);
  Task<Answer> reconfigure(Call call);
  Task<Answer> remove(Call call);
  Task<Answer> reload(Call call);
  Task<Answer> services(Call call);
  /// "; did you mean go-demo?" where a configured service has a similar name.
  std::string nearest_service(std::string_view name) const;
  Task<Answer> register_instance(Call call);
  Task<Result<>> check_free(model::Instance instance, Grant limits);
  Task<Answer> deregister_instance(Call call);
  net::HttpResponse config(const Call& call) const;
  net::HttpResponse metrics() const;
  Answer initial_reload() const;
  net::HttpResponse listener(const Call& call) const;

  Parts parts_;
  Access access_;
  FairTurns reading_{kReaders};
};

}  // namespace dfp::api
