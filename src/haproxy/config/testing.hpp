#pragma once
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "haproxy/config/files.hpp"

/// For tests: services in one line, and the files of a state.
namespace dfp::haproxy::config::testing {

inline model::Instance instance(std::string node, std::string id, std::string address, std::uint16_t port) {
  model::Instance i;
  i.node = std::move(node);
  i.id = std::move(id);
  i.address = std::move(address);
  i.port = port;
  return i;
}

inline model::Service service(std::string name, std::vector<std::string> paths,
                              std::vector<std::string> domains = {},
                              model::PathType type = model::PathType::Beg) {
  model::Service s;
  s.definition.service = std::move(name);
  s.definition.paths = std::move(paths);
  s.definition.domains = std::move(domains);
  s.definition.path_type = type;
  return s;
}

inline model::DesiredState state_of(std::initializer_list<model::Service> services) {
  model::DesiredState state;
  for (const auto& s : services) state.services[s.definition.service] = s;
  return state;
}

/// The files of `state` as a first start writes them.
inline Result<FileSet> files_of(const model::DesiredState& state, const Settings& settings,
                                Surroundings surroundings = {}, std::uint64_t generation = 1) {
  RouteIndex routes;
  std::map<std::string, std::string> texts;
  std::map<std::string, std::string> names;
  TemplateTexts templates;
  std::map<std::string_view, std::string> policies;
  std::size_t servers = 0;
  for (const auto& [name, s] : state.services) servers += s.instances.size();
  auto interval = check_interval(settings.checks, servers);
  for (const auto& [name, s] : state.services) {
    routes.replace({}, model::routes_of(s.definition));
    auto backend = backend_of(s, model::kFirstDestination, {}, settings.checks.enabled);
    auto text = backend_text(backend, settings.checks, interval);
    if (!text) return std::unexpected(text.error());
    texts[name] = std::move(*text);
    names[name] = backend_name(backend);
    for (const auto& entry : backend.policies)
      policies[entry.map] += names[name] + entry.key + " " + entry.value + "\n";
    auto fragment = fold(name, s.rendered, {});
    if (!fragment) return std::unexpected(fragment.error());
    templates.add(name, *fragment);
  }
  surroundings.lookups = surroundings.lookups.joined(routes.lookups());
  auto base = base_text(settings, surroundings, templates);
  if (!base) return std::unexpected(base.error());
  std::map<Profile, std::size_t> spares;
  for (auto profile : kProfiles) spares.emplace(profile, spare_count(settings, profile));
  return render({*base, texts, names, routes, surroundings.certificates, std::move(policies),
                 std::move(spares), generation});
}

}  // namespace dfp::haproxy::config::testing
