#include "haproxy/state/applied_state.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "haproxy/config/route_key.hpp"
#include "haproxy/state/found_services.hpp"
#include "haproxy/state/template_error.hpp"

namespace dfp::haproxy {
namespace {

template <class Map>
std::optional<typename Map::mapped_type> find(const Map& map, const std::string& key) {
  auto found = map.find(key);
  return found == map.end() ? std::nullopt : std::optional(found->second);
}

template <class T>
const T* pointer(const std::optional<T>& value) {
  return value ? &*value : nullptr;
}

/// The maps know destinations only: a route leads to the key of its own.
std::vector<model::Route> routes_of(const std::optional<model::Service>& service) {
  if (!service) return {};
  auto routes = model::routes_of(service->definition);
  for (auto& route : routes) route.service = model::destination_key(route.service, route.destination);
  return routes;
}

Result<> check_routes(const model::Destination& destination) {
  if (destination.effective_path_type() == model::PathType::Reg)
    for (const auto& path : destination.paths)
      if (auto ok = config::check_regex(path); !ok) return ok;
  for (const auto& domain : destination.domains)
    if (config::wildcard_depth(domain) > config::kMaxWildcardDepth)
      return fail(Errc::InvalidArgument, fmt::format("serviceDomain: {} has more than {} labels", domain,
                                                     config::kMaxWildcardDepth));
  return {};
}

std::vector<BackendChange> backend_changes(const Backends& before, const Backends& after) {
  std::map<std::string, BackendChange> changes;
  for (const auto& [key, backend] : before) changes[key].before = backend;
  for (const auto& [key, backend] : after) changes[key].after = backend;
  std::vector<BackendChange> all;
  for (auto& [key, change] : changes) {
    change.destination = key;
    all.push_back(std::move(change));
  }
  return all;
}

}  // namespace

bool needs_backend(const config::Backend* before, const config::Backend* after) {
  return after && (!before || before->color != after->color || before->check != after->check ||
                   before->timing != after->timing || before->policies != after->policies);
}

AppliedState::AppliedState(const Settings& settings) : settings_(settings), book_(settings.checks) {}

Result<> AppliedState::check(const model::Service& service) {
  const auto& definition = service.definition;
  auto refuse = [&](const std::string& why) {
    return fail(Errc::InvalidArgument, fmt::format("service {}: {}", definition.service, why));
  };
  if (service.rendered.size() > model::kMaxRenderedBytes)
    return refuse(fmt::format("its template ({}) gives {} bytes, and at most {} are allowed",
                              fmt::join(definition.templates(), ", "), service.rendered.size(),
                              model::kMaxRenderedBytes));
  for (const auto& [index, destination] : definition.destinations()) {
    auto ok = check_routes(*destination);
    if (ok) continue;
    bool indexed = index != model::kFirstDestination;
    return refuse((indexed ? model::of_destination(ok.error(), index) : ok.error()).what);
  }
  return {};
}

Backends AppliedState::backends_for(const model::Service& service, const config::Addresses& addresses) const {
  static const std::set<std::string> kNone;
  auto down = down_.find(service.definition.service);
  Backends backends;
  for (const auto& [index, destination] : service.definition.destinations()) {
    auto backend = config::backend_of(service, index, addresses, settings_.checks.enabled,
                                      down == down_.end() ? kNone : down->second);
    backends.emplace(backend.destination, std::move(backend));
  }
  return backends;
}

Backends AppliedState::backends_now(const std::string& service) const {
  Backends backends;
  auto found = state_.services.find(service);
  if (found == state_.services.end()) return backends;
  for (const auto& [index, destination] : found->second.definition.destinations())
    backends.insert(*book_.all().find(model::destination_key(service, index)));
  return backends;
}

Result<std::optional<config::Fragment>> AppliedState::fragment_of(const model::Service& service) const {
  if (service.rendered.empty()) return std::nullopt;
  config::FoldSettings fold_settings;
  fold_settings.allowed = settings_.allowed_keywords;
  fold_settings.is_own_api = settings_.is_own_api;
  for (const auto* binds : {&settings_.http, &settings_.https})
    for (const auto& bind : *binds) fold_settings.own_ports.insert(bind.port);
  if (settings_.stats && settings_.stats->bind)
    fold_settings.reserved_ports.emplace(settings_.stats->bind->port, "the statistics page (--stats-port)");
  for (const auto& [bind, what] : settings_.other_ports)
    fold_settings.reserved_ports.emplace(bind.port, what);
  auto fragment = config::fold(service.definition.service, service.rendered, fold_settings);
  if (!fragment)
    return std::unexpected(template_error(service, {Errc::Rejected, std::move(fragment.error().what)}));
  return std::move(*fragment);
}

Result<> AppliedState::check_apart(const Transition& transition) const {
  bool any = std::ranges::any_of(transition.services,
                                 [](const auto& one) { return one.fragment_after.has_value(); });
  if (!any) return {};
  auto all = templates_.all();
  for (const auto& one : transition.services) {
    all.erase(one.service);
    if (one.fragment_after) all.emplace(one.service, *one.fragment_after);
  }
  for (const auto& one : transition.services)
    if (one.fragment_after)
      if (auto ok = config::check_apart(one.service, *one.fragment_after, all); !ok)
        return std::unexpected(template_error(*one.after, {Errc::Rejected, ok.error().what}));
  return {};
}

Result<> AppliedState::check_apart(const model::Change& change) const {
  config::Fragments fresh;
  for (const auto& [name, service] : change) {
    if (!service) continue;
    auto fragment = fragment_of(*service);
    if (!fragment) return std::unexpected(fragment.error());
    if (*fragment) fresh.emplace(name, std::move(**fragment));
  }
  if (fresh.empty()) return {};
  auto all = fresh;
  for (const auto& [name, fragment] : templates_.all())
    if (!change.contains(name)) all.emplace(name, fragment);
  for (const auto& [name, fragment] : fresh)
    if (auto ok = config::check_apart(name, fragment, all); !ok)
      return std::unexpected(template_error(*change.at(name), ok.error()));
  return {};
}

Result<Transition> AppliedState::change(const model::Change& change, const config::Addresses& addresses) {
  Transition transition;
  std::vector<model::Route> gone;
  std::vector<model::Route> added;
  for (const auto& [name, service] : change) {
    if (service)
      if (auto ok = check(*service); !ok) return std::unexpected(ok.error());
    ServiceChange one{
        name,
        find(state_.services, name),
        service,
        backend_changes(backends_now(name), service ? backends_for(*service, addresses) : Backends{}),
        find(templates_.all(), name),
        std::nullopt,
        find(templates_.suspended(), name)};
    if (service) {
      auto fragment = fragment_of(*service);
      if (!fragment) return std::unexpected(fragment.error());
      one.fragment_after = std::move(*fragment);
    }
    std::ranges::copy(routes_of(one.before), std::back_inserter(gone));
    std::ranges::copy(routes_of(one.after), std::back_inserter(added));
    transition.services.push_back(std::move(one));
  }
  std::ranges::sort(gone);
  std::ranges::sort(added);
  if (auto ok = check_apart(transition); !ok) return std::unexpected(ok.error());
  transition.routes = routes_.replace(gone, added);
  for (const auto& one : transition.services) {
    put(one.service, pointer(one.after), pointer(one.fragment_after));
    templates_.resume(one.service);
    for (const auto& backend : one.backends) book_.put(backend.destination, pointer(backend.after));
  }
  return transition;
}

void AppliedState::revert(const Transition& transition) {
  std::vector<model::Route> gone;
  std::vector<model::Route> added;
  for (const auto& one : transition.services) {
    std::ranges::copy(routes_of(one.after), std::back_inserter(gone));
    std::ranges::copy(routes_of(one.before), std::back_inserter(added));
    put(one.service, pointer(one.before), pointer(one.fragment_before));
    if (one.suspended_before) templates_.suspend(one.service, *one.suspended_before);
    for (const auto& backend : one.backends) book_.put(backend.destination, pointer(backend.before));
  }
  std::ranges::sort(gone);
  std::ranges::sort(added);
  routes_.replace(gone, added);
}

void AppliedState::put(const std::string& name, const model::Service* service,
                       const config::Fragment* fragment) {
  templates_.put(name, fragment);
  if (service)
    state_.services.insert_or_assign(name, *service);
  else
    state_.services.erase(name);
}

void AppliedState::set_down(const std::string& service, std::set<std::string> servers) {
  if (servers.empty())
    down_.erase(service);
  else
    down_.insert_or_assign(service, std::move(servers));
}

std::vector<config::CheckedServer> AppliedState::checked_servers(const std::string& service,
                                                                 const config::Addresses& addresses) const {
  auto found = state_.services.find(service);
  if (found == state_.services.end()) return {};
  return config::checked_servers(found->second, addresses, settings_.checks.enabled);
}

Result<config::FileSet> AppliedState::render(const config::BaseText& base,
                                             const std::vector<std::string>& certificates,
                                             std::uint64_t generation) {
  auto texts = book_.texts();
  if (!texts) return std::unexpected(texts.error());
  std::map<config::Profile, std::size_t> spares;
  for (auto profile : config::kProfiles) spares.emplace(profile, config::spare_count(settings_, profile));
  auto files = config::render(
      {base, **texts, book_.names(), routes_, certificates, book_.policies(), std::move(spares), generation});
  if (auto templates = templates_.all().empty() ? std::string() : render_templates(state_);
      !templates.empty())
    files.emplace(kTemplatesFile, std::move(templates));
  return files;
}

}  // namespace dfp::haproxy
