#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/desired_state.hpp"

/// Which service answers a request. Order (design): exact host > longest wildcard > no host; then exact path
/// > longest prefix > pattern (path_end, path_sub, path_dir, path_reg); then aclName (lower first), then
/// service name. Routes below /.well-known come before all others, among themselves in the same order.
namespace dfp::model {

/// One way to reach a service: one host rule and one path rule of its definition.
struct Route {
  std::string host;  ///< "" any host, "example.com", or "*.example.com"
  PathType type = PathType::Beg;
  std::string path;
  std::string order;  ///< aclName, or the service's name
  std::string service;
  unsigned destination = kFirstDestination;

  auto operator<=>(const Route&) const = default;
};

/// Whether it is an exact or prefix route to /.well-known or below (RFC 8615): what answers there, an ACME
/// client say, does so for every site. Such routes come before all others, as in the original.
bool is_well_known(const Route& route);
inline constexpr std::string_view kWellKnown = "/.well-known";

/// All routes of a definition: every domain with every path; "/" when it has domains only; none without both,
/// and none of a service whose template makes its routes.
std::vector<Route> routes_of(const Definition& definition);
/// All routes of a state, sorted by rank: the first that matches a request wins.
std::vector<Route> routes_of(const DesiredState& state);

/// Lower case, without port and trailing dot: how hosts are compared.
std::string normalized_host(std::string_view host);

/// The reference rule, slow and plain: walks the ranked routes. Everything faster is tested against it.
/// `regex_matches(pattern, path)` decides path_reg (PCRE2, unanchored).
using RegexMatcher = bool (*)(const std::string& pattern, const std::string& path);
const Route* find_route(const std::vector<Route>& ranked, std::string_view host, std::string_view path,
                        RegexMatcher regex_matches);

/// Names a route, not its service: equal routes of two services have the same key.
std::string route_key(const Route& route);

/// What orders equal routes of two services.
struct RouteOrder {
  explicit RouteOrder(const Definition& definition)
      : key(definition.order_key()),
        consents(!definition.acl_name.empty()),
        takes_over(definition.take_over) {}
  std::string key;          ///< the lower one comes first
  bool consents = false;    ///< has an aclName: agrees to come second
  bool takes_over = false;  ///< comes first without the other's consent

  bool operator==(const RouteOrder&) const = default;
};

/// Whether a service may claim a route that another one holds. Who would come first takes the route away:
/// both have to consent then, or it must say that it takes over. Who comes second needs its own consent only.
bool may_join(const RouteOrder& holder, const RouteOrder& candidate);

/// The other service that already claims the very same route, where the two may not stand beside each other.
struct RouteConflict {
  Route route;
  std::string owner;
};

/// Which service claims which route; answers in time proportional to the definition asked about, not to all
/// services.
class RouteClaims {
 public:
  /// Replaces what the definition's service claims.
  void set(const Definition& definition);
  void erase(const std::string& service);
  /// A route that the candidate holds in the same way already is no new claim, and never a conflict.
  std::optional<RouteConflict> conflict(const Definition& candidate) const;

 private:
  struct Claim {
    std::string service;
    RouteOrder order;
  };
  std::map<std::string, std::vector<Claim>, std::less<>> claims_;    // route -> its claimants
  std::map<std::string, std::vector<std::string>> keys_of_service_;  // for erase
};

}  // namespace dfp::model
