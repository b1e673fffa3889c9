#include "haproxy/config/files.hpp"

#include <fmt/format.h>

#include <iterator>

#include "haproxy/config/policy/policies.hpp"
#include "haproxy/config/route_key.hpp"

namespace dfp::haproxy::config {
namespace {

std::string config_text(const Layout& layout) {
  Description description{layout.generation, layout.base.hash, layout.base.lookups};
  std::string text = "# Written by docker-flow-proxy; changes made here are lost.\nglobal\n";
  fmt::format_to(std::back_inserter(text), "  description '{}'\n", to_string(description));
  text += layout.base.text;
  for (const auto& [service, backend] : layout.backend_texts) text += backend;
  text += "\n# Spare backends: services that come later take them without a reload.\n";
  for (const auto& [profile, count] : layout.spares)
    for (std::size_t n = 1; n <= count; ++n)
      fmt::format_to(std::back_inserter(text), "backend {} from {}\n", spare_name(profile, n),
                     defaults_of(profile));
  return text;
}

void entry(std::string& map, std::string_view key, std::string_view value) {
  map += key;
  map += ' ';
  map += value;
  map += '\n';
}

}  // namespace

FileSet render(const Layout& layout) {
  FileSet files;
  files.emplace(kConfigFile, config_text(layout));
  std::string routes;
  layout.routes.for_each_key([&](const auto& key, const auto& service) { entry(routes, key, service); });
  files.emplace(kRoutesMap, std::move(routes));
  std::string patterns;
  for (const auto& pattern : layout.routes.patterns()) {
    auto route = RouteIndex::route_of(pattern);
    entry(patterns, pattern_key(route), route.service);
  }
  files.emplace(kPatternsMap, std::move(patterns));
  std::string backends;
  for (const auto& [service, backend] : layout.backend_names) entry(backends, service, backend);
  files.emplace(kBackendsMap, std::move(backends));
  for (auto map : kPolicyMaps) {
    auto policies = layout.policies.find(map);
    files.emplace(map, policies == layout.policies.end() ? std::string() : policies->second);
  }
  std::string flags;
  if (auto value = layout.routes.flags(); !value.empty()) entry(flags, kFlagsKey, value);
  files.emplace(kFlagsMap, std::move(flags));
  files.emplace(kHandOverMap, hand_over_map(layout.base.hand_over));
  std::string certificates;
  for (const auto& file : layout.certificates) certificates += file + "\n";
  files.emplace(kCertificateList, std::move(certificates));
  return files;
}

}  // namespace dfp::haproxy::config
