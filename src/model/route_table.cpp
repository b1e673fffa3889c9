#include "model/route_table.hpp"

#include <algorithm>
#include <tuple>

#include "base/text.hpp"

namespace dfp::model {
namespace {

bool is_wildcard(const Route& route) { return route.host.starts_with("*."); }

/// 0 exact host, 1 wildcard, 2 any host.
int host_class(const Route& route) { return route.host.empty() ? 2 : is_wildcard(route) ? 1 : 0; }

/// 0 exact path, 1 prefix, 2 pattern.
int path_class(const Route& route) {
  return route.type == PathType::Exact ? 0 : route.type == PathType::Beg ? 1 : 2;
}

/// Smaller is more specific.
auto rank(const Route& route) {
  auto above = is_well_known(route) ? 0 : 1;
  auto host = host_class(route);
  auto path = path_class(route);
  auto host_length = host == 1 ? -static_cast<long>(route.host.size()) : 0L;
  auto path_length = path == 1 ? -static_cast<long>(route.path.size()) : 0L;
  return std::tuple(above, host, host_length, path, path_length, std::string_view(route.order),
                    std::string_view(route.service), route.destination, std::string_view(route.host),
                    route.type, std::string_view(route.path));
}

bool host_matches(const Route& route, std::string_view host) {
  if (route.host.empty()) return true;
  if (!is_wildcard(route)) return host == route.host;
  auto parent = std::string_view(route.host).substr(1);  // ".example.com"
  return host.size() > parent.size() && host.ends_with(parent);
}

/// HAProxy's path_dir: the pattern stands between slashes or at an end; its own outer slashes do not count.
bool has_directory(std::string_view path, std::string_view pattern) {
  auto first = pattern.find_first_not_of('/');
  auto wanted = pattern.substr(first, pattern.find_last_not_of('/') - first + 1);
  for (std::size_t at = path.find(wanted); at != std::string_view::npos; at = path.find(wanted, at + 1)) {
    auto end = at + wanted.size();
    if ((at == 0 || path[at - 1] == '/') && (end == path.size() || path[end] == '/')) return true;
  }
  return false;
}

bool path_matches(const Route& route, std::string_view path, RegexMatcher regex_matches) {
  switch (route.type) {
    case PathType::Beg:
      return path.starts_with(route.path);
    case PathType::Exact:
      return path == route.path;
    case PathType::End:
      return path.ends_with(route.path);
    case PathType::Sub:
      return path.contains(route.path);
    case PathType::Dir:
      return has_directory(path, route.path);
    case PathType::Reg:
      return regex_matches(route.path, std::string(path));
  }
  return false;
}

void add_routes(const Definition& definition, unsigned index, const Destination& destination,
                std::vector<Route>& routes) {
  static const std::vector<std::string> kAnyHost = {""};
  static const std::vector<std::string> kRoot = {"/"};
  if (destination.paths.empty() && destination.domains.empty()) return;
  const auto& paths = destination.paths.empty() ? kRoot : destination.paths;
  const auto& hosts = destination.domains.empty() ? kAnyHost : destination.domains;
  for (const auto& host : hosts)
    for (const auto& path : paths)
      routes.push_back(
          {host, destination.effective_path_type(), path, definition.order_key(), definition.service, index});
}

}  // namespace

bool is_well_known(const Route& route) {
  return (route.type == PathType::Beg || route.type == PathType::Exact) &&
         (route.path == kWellKnown || route.path.starts_with(std::string(kWellKnown) + "/"));
}

std::vector<Route> routes_of(const Definition& definition) {
  std::vector<Route> routes;
  if (definition.has_template()) return routes;
  for (const auto& [index, destination] : definition.destinations())
    add_routes(definition, index, *destination, routes);
  std::ranges::sort(routes);
  routes.erase(std::ranges::unique(routes).begin(), routes.end());
  return routes;
}

std::vector<Route> routes_of(const DesiredState& state) {
  std::vector<Route> all;
  for (const auto& [name, service] : state.services) {
    auto routes = routes_of(service.definition);
    std::ranges::move(routes, std::back_inserter(all));
  }
  std::ranges::sort(all, [](const Route& a, const Route& b) { return rank(a) < rank(b); });
  return all;
}

std::string normalized_host(std::string_view host) {
  auto name = host.substr(0, host.find(':'));
  while (name.ends_with('.')) name.remove_suffix(1);
  return text::lower(name);
}

const Route* find_route(const std::vector<Route>& ranked, std::string_view host, std::string_view path,
                        RegexMatcher regex_matches) {
  auto name = normalized_host(host);
  for (const auto& route : ranked)
    if (host_matches(route, name) && path_matches(route, path, regex_matches)) return &route;
  return nullptr;
}

std::string route_key(const Route& route) {
  auto key = route.host + "\n";
  key += to_string(route.type);
  return key + "\n" + route.path;
}

bool may_join(const RouteOrder& holder, const RouteOrder& candidate) {
  if (candidate.key == holder.key) return false;
  bool comes_first = candidate.key < holder.key;
  if (comes_first) return candidate.takes_over || (candidate.consents && holder.consents);
  return candidate.consents || holder.takes_over;
}

void RouteClaims::set(const Definition& definition) {
  erase(definition.service);
  auto& keys = keys_of_service_[definition.service];
  for (const auto& route : routes_of(definition)) {
    keys.push_back(route_key(route));
    claims_[keys.back()].push_back({definition.service, RouteOrder(definition)});
  }
}

void RouteClaims::erase(const std::string& service) {
  auto found = keys_of_service_.find(service);
  if (found == keys_of_service_.end()) return;
  for (const auto& key : found->second) {
    auto entry = claims_.find(key);
    std::erase_if(entry->second, [&](const Claim& claim) { return claim.service == service; });
    if (entry->second.empty()) claims_.erase(entry);
  }
  keys_of_service_.erase(found);
}

std::optional<RouteConflict> RouteClaims::conflict(const Definition& candidate) const {
  RouteOrder order(candidate);
  auto held_already = [&](const Claim& claim) {
    return claim.service == candidate.service && claim.order == order;
  };
  for (const auto& route : routes_of(candidate)) {
    auto found = claims_.find(route_key(route));
    if (found == claims_.end() || std::ranges::any_of(found->second, held_already)) continue;
    for (const auto& claim : found->second)
      if (claim.service != candidate.service && !may_join(claim.order, order))
        return RouteConflict{route, claim.service};
  }
  return std::nullopt;
}

}  // namespace dfp::model
