#include "haproxy/state/planner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "haproxy/config/route_key.hpp"

namespace dfp::haproxy {
namespace {

using config::Backend;
using config::Server;

class Planner {
 public:
  Planner(const AppliedState& applied_state, const config::Addresses& addresses, const Abilities& abilities)
      : applied_state_(applied_state),
        addresses_(addresses),
        abilities_(abilities),
        spares_(abilities.backend_pool.free_count()) {}

  void add(const std::string& name, const std::optional<model::Service>& after) {
    static const std::vector<model::Route> kNone;
    auto present = applied_state_.state().services.find(name);
    bool known = present != applied_state_.state().services.end();
    auto old_routes = known ? model::routes_of(present->second.definition) : kNone;
    auto new_routes = after ? model::routes_of(after->definition) : kNone;
    add_backends(applied_state_.backends_now(name),
                 after ? applied_state_.backends_for(*after, addresses_) : Backends{});
    if (after) add_checks(name, known ? present->second.definition : model::Definition{}, after->definition);
    add_routes(name, old_routes, new_routes);
    add_template(name, known ? present->second.rendered : "", after ? after->rendered : "");
    if (known && !after) step(fmt::format("remove service {}", name));
  }

  model::Plan finish() && { return std::move(plan_); }

 private:
  void add_backends(const Backends& before, const Backends& after) {
    auto find = [](const Backends& in, const std::string& key) {
      auto found = in.find(key);
      return found == in.end() ? nullptr : &found->second;
    };
    for (const auto& [key, backend] : after) add_backend(named(key), find(before, key), &backend);
    for (const auto& [key, backend] : before)
      if (!after.empty() && !after.contains(key)) step(fmt::format("remove {}", named(key)));
  }

  /// "go-demo", "destination 2 of go-demo".
  static std::string named(const std::string& key) {
    auto name = model::parse_destination_key(key).value_or(model::DestinationName{key});
    if (name.index == model::kFirstDestination) return name.service;
    return fmt::format("destination {} of {}", name.index, name.service);
  }

  void add_backend(const std::string& name, const Backend* before, const Backend* after) {
    bool fresh = needs_backend(before, after);
    std::string reason;
    if (fresh && !take(*after)) reason = "no spare backend is left for a new service or colour";
    if (fresh && before && before->color != after->color)
      step(fmt::format("switch {} from colour '{}' to '{}'", name, before->color, after->color), reason);
    else if (fresh && before && before->check != after->check)
      step(fmt::format("turn health checks of {} {}", name, after->check ? "on" : "off"), reason);
    else if (fresh && before)
      step(fmt::format("change the timing of HAProxy's checks of {}", name), reason);
    else if (fresh)
      step(fmt::format("add {}{}", name.contains(' ') ? "" : "service ", name), reason);
    static const std::vector<Server> kNone;
    const auto& old_servers = before && !fresh ? before->servers : kNone;
    add_servers(name, old_servers, after->servers);
  }

  void add_checks(const std::string& name, const model::Definition& before, const model::Definition& after) {
    auto old = model::check_of(before, {});
    auto fresh = model::check_of(after, {});
    if (old.text() != fresh.text() || old.host != fresh.host || old.timeout != fresh.timeout)
      step(fmt::format("check {} by {}", name, fresh.text()));
    else if (before.check.tcp != after.check.tcp)
      step(fmt::format("check {} by {}", name, after.check.tcp ? "a connection" : "what the registry knows"));
  }

  bool take(const Backend& backend) {
    if (abilities_.backend_pool.has_own(backend.destination, backend.color)) return true;
    if (abilities_.backend_pool.grows()) return true;
    if (spares_ == 0) return false;
    --spares_;
    return true;
  }

  void add_servers(const std::string& name, const std::vector<Server>& before,
                   const std::vector<Server>& after) {
    auto find = [](const std::vector<Server>& servers, const Server& like) {
      return std::ranges::find(servers, like.name, &Server::name);
    };
    for (const auto& server : after) {
      auto old = find(before, server);
      if (old == before.end())
        step(fmt::format("add server {}:{} to {}", server.address, server.port, name));
      else if (old->weight != server.weight)
        step(
            fmt::format("set weight of {}:{} of {} to {}", server.address, server.port, name, server.weight));
    }
    for (const auto& server : before)
      if (find(after, server) == after.end())
        step(fmt::format("remove server {}:{} from {}", server.address, server.port, name));
  }

  void add_routes(const std::string& name, const std::vector<model::Route>& before,
                  const std::vector<model::Route>& after) {
    std::vector<model::Route> gone;
    std::vector<model::Route> added;
    std::ranges::set_difference(before, after, std::back_inserter(gone));
    std::ranges::set_difference(after, before, std::back_inserter(added));
    for (const auto& route : added) {
      step(fmt::format("add route {} -> {}", shown(route), name), lookup_missing_for(route));
    }
    for (const auto& route : gone) step(fmt::format("remove route {} -> {}", shown(route), name));
  }

  std::string lookup_missing_for(const model::Route& route) const {
    if (abilities_.lookups.cover(route)) return {};
    if (config::wildcard_depth(route.host) > abilities_.lookups.wildcard_depth)
      return fmt::format("no wildcard as deep as {} was in use yet", route.host);
    return fmt::format("no route below {} was in use yet", model::kWellKnown);
  }

  void add_template(const std::string& name, const std::string& before, const std::string& after) {
    if (before == after) return;
    auto verb = before.empty() ? "add" : after.empty() ? "remove" : "replace";
    step(fmt::format("{} the sections of {}'s template", verb, name), "custom template");
  }

  void step(std::string what, std::string reason = {}) {
    auto means = reason.empty() ? model::Means::Runtime : model::Means::Reload;
    plan_.steps.push_back({std::move(what), means, std::move(reason)});
  }

  const AppliedState& applied_state_;
  const config::Addresses& addresses_;
  const Abilities& abilities_;
  std::size_t spares_;
  model::Plan plan_;
};

}  // namespace

model::Plan plan_change(const AppliedState& applied_state, const model::Change& change,
                        const config::Addresses& addresses, const Abilities& abilities) {
  Planner planner(applied_state, addresses, abilities);
  for (const auto& [name, service] : change)
    if (service || applied_state.state().services.contains(name)) planner.add(name, service);
  return std::move(planner).finish();
}

std::string shown(const model::Route& route) {
  auto text = (route.host.empty() ? "*" : route.host);
  if (route.type == model::PathType::Beg) return text + route.path;
  return fmt::format("{}{} ({})", text, route.path, model::to_string(route.type));
}

}  // namespace dfp::haproxy
