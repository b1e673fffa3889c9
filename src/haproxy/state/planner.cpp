#include "haproxy/state/planner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "haproxy/config/route_key.hpp"

namespace dfp::haproxy {
namespace {

using config::Backend;
using config::Server;
using model::DestinationName;
namespace step = model::step;

class Planner {
 public:
  Planner(const AppliedState& applied_state, const config::Addresses& addresses, const Abilities& abilities)
      : applied_state_(applied_state), addresses_(addresses), abilities_(abilities) {
    for (auto profile : config::kProfiles) spares_[profile] = abilities.backend_pool.free_count(profile);
  }

  void add(const std::string& name, const std::optional<model::Service>& after) {
    static const std::vector<model::Route> kNone;
    auto present = applied_state_.state().services.find(name);
    bool known = present != applied_state_.state().services.end();
    auto old_routes = known ? model::routes_of(present->second.definition) : kNone;
    auto new_routes = after ? model::routes_of(after->definition) : kNone;
    add_backends(applied_state_.backends_now(name),
                 after ? applied_state_.backends_for(*after, addresses_) : Backends{});
    DestinationName of{name};
    if (after) add_checks(of, known ? present->second.definition : model::Definition{}, after->definition);
    add_routes(of, old_routes, new_routes);
    add_template(of, known ? present->second.rendered : "", after ? after->rendered : "");
    if (known && !after) add_step(of, step::RemoveService{});
  }

  model::Plan finish() && { return std::move(plan_); }

 private:
  void add_backends(const Backends& before, const Backends& after) {
    auto find = [](const Backends& in, const std::string& key) {
      auto found = in.find(key);
      return found == in.end() ? nullptr : &found->second;
    };
    auto name_of = [](const std::string& key) {
      return model::parse_destination_key(key).value_or(DestinationName{key});
    };
    for (const auto& [key, backend] : after) add_backend(name_of(key), find(before, key), backend);
    for (const auto& [key, backend] : before)
      if (!after.empty() && !after.contains(key)) add_step(name_of(key), step::RemoveDestination{});
  }

  /// Why another backend is needed.
  static model::StepKind kind_of_switch(const Backend* before, const Backend& after) {
    if (!before) return step::AddDestination{};
    if (before->color != after.color) return step::SwitchColor{before->color, after.color};
    if (before->check != after.check) return step::SwitchChecks{after.check};
    if (before->policies != after.policies) return step::ChangePolicies{};
    return step::ChangeTiming{};
  }

  void add_backend(const DestinationName& of, const Backend* before, const Backend& after) {
    static const std::vector<Server> kNone;
    bool fresh = needs_backend(before, &after);
    if (fresh)
      add_step(of, kind_of_switch(before, after),
               take(after) ? "" : "no spare backend is left for a new service or colour");
    add_servers(of, before && !fresh ? before->servers : kNone, after.servers);
  }

  void add_checks(const DestinationName& of, const model::Definition& before,
                  const model::Definition& after) {
    auto old = model::check_of(before, {});
    auto fresh = model::check_of(after, {});
    if (old.text() != fresh.text() || old.host != fresh.host || old.timeout != fresh.timeout)
      add_step(of, step::ChangeCheck{fresh.text()});
    else if (before.check.tcp != after.check.tcp)
      add_step(of, step::ChangeCheck{after.check.tcp ? "a connection" : "what the registry knows"});
  }

  bool take(const Backend& backend) {
    if (abilities_.backend_pool.has_own(backend) || abilities_.backend_pool.grows()) return true;
    auto& spares = spares_[backend.profile()];
    if (spares == 0) return false;
    --spares;
    return true;
  }

  void add_servers(const DestinationName& of, const std::vector<Server>& before,
                   const std::vector<Server>& after) {
    auto find = [](const std::vector<Server>& servers, const Server& like) {
      return std::ranges::find(servers, like.name, &Server::name);
    };
    for (const auto& server : after) {
      auto old = find(before, server);
      if (old == before.end())
        add_step(of, step::AddServer{server.address, server.port});
      else if (old->weight != server.weight)
        add_step(of, step::SetWeight{server.address, server.port, server.weight});
    }
    for (const auto& server : before)
      if (find(after, server) == after.end()) add_step(of, step::RemoveServer{server.address, server.port});
  }

  void add_routes(const DestinationName& of, const std::vector<model::Route>& before,
                  const std::vector<model::Route>& after) {
    std::vector<model::Route> gone;
    std::vector<model::Route> added;
    std::ranges::set_difference(before, after, std::back_inserter(gone));
    std::ranges::set_difference(after, before, std::back_inserter(added));
    for (const auto& route : added)
      add_step({of.service, route.destination}, step::AddRoute{route}, lookup_missing_for(route));
    for (const auto& route : gone) add_step({of.service, route.destination}, step::RemoveRoute{route});
  }

  std::string lookup_missing_for(const model::Route& route) const {
    if (abilities_.lookups.cover(route)) return {};
    if (config::wildcard_depth(route.host) > abilities_.lookups.wildcard_depth)
      return fmt::format("no wildcard as deep as {} was in use yet", route.host);
    return fmt::format("no route below {} was in use yet", model::kWellKnown);
  }

  void add_template(const DestinationName& of, const std::string& before, const std::string& after) {
    using How = step::ChangeSections::How;
    if (before == after) return;
    auto how = before.empty() ? How::Add : after.empty() ? How::Remove : How::Replace;
    add_step(of, step::ChangeSections{how}, "custom template");
  }

  void add_step(const DestinationName& of, model::StepKind kind, std::string reload_reason = {}) {
    auto means = reload_reason.empty() ? model::Means::Runtime : model::Means::Reload;
    plan_.steps.push_back({of, std::move(kind), means, std::move(reload_reason)});
  }

  const AppliedState& applied_state_;
  const config::Addresses& addresses_;
  const Abilities& abilities_;
  std::map<config::Profile, std::size_t> spares_;
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

}  // namespace dfp::haproxy
