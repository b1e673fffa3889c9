#include "model/definition.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "model/route_table.hpp"

namespace dfp::model {
namespace {

constexpr std::size_t kMaxName = 128;
constexpr std::size_t kMaxColor = 64;
constexpr std::size_t kMaxRoutes = 1000;

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::unexpected<Error> refuse(std::string_view parameter, std::string_view value, std::string_view allowed) {
  return fail(Errc::InvalidArgument,
              fmt::format("{}: {} is not allowed: {}", parameter, text::shown(value), allowed));
}

/// Letters, digits and `marks`; begins with a letter or digit.
bool is_name(std::string_view value, std::size_t max, std::string_view marks) {
  return !value.empty() && value.size() <= max && is_alnum(value[0]) &&
         std::ranges::all_of(value, [&](char c) { return is_alnum(c) || marks.contains(c); });
}

/// "/a" of example.com twice: which destination should get it?
Result<> check_apart(const Definition& d) {
  std::map<std::string, unsigned> taken;
  for (const auto& route : routes_of(d)) {
    auto [at, fresh] = taken.emplace(route_key(route), route.destination);
    if (fresh) continue;
    return fail(Errc::InvalidArgument, fmt::format("servicePath.{}: {}{} is a route of destination {} too",
                                                   route.destination, route.host, route.path, at->second));
  }
  return {};
}

/// The destinations beside the first one.
Result<> check_others(const Definition& d) {
  unsigned expected = kFirstDestination;
  for (const auto& [index, destination] : d.others) {
    auto refuse_it = [index = index](std::string_view problem) {
      return fail(Errc::InvalidArgument, fmt::format("servicePath.{}: {}", index, problem));
    };
    if (index != ++expected || index > kMaxDestinations)
      return refuse_it(fmt::format("destinations are numbered from {} to at most {} without a gap",
                                   kFirstDestination, kMaxDestinations));
    if (d.has_template())
      return refuse_it("a template makes all sections of its service, which has no destinations then");
    if (destination.paths.empty() && destination.domains.empty())
      return refuse_it(fmt::format("missing, and so is serviceDomain.{}", index));
    if (auto ok = check_destination(destination); !ok)
      return std::unexpected(of_destination(ok.error(), index));
  }
  return d.others.empty() ? Result<>{} : check_apart(d);
}

Result<> check_route_count(const Definition& d) {
  std::size_t routes = 0;
  for (const auto& [index, destination] : d.destinations())
    routes += std::max<std::size_t>(destination->paths.size(), 1) *
              std::max<std::size_t>(destination->domains.size(), 1);
  if (routes <= kMaxRoutes) return {};
  return fail(Errc::InvalidArgument,
              fmt::format("servicePath and serviceDomain: {} routes, more than {} for one service", routes,
                          kMaxRoutes));
}

}  // namespace

Result<> check_service_name(std::string_view name) {
  if (is_name(name, kMaxName, "._-")) return {};
  return refuse("serviceName", name,
                "1 to 128 letters, digits, '.', '_' or '-', beginning with a letter or digit");
}

Result<> check_color(std::string_view color) {
  if (color.empty() || is_name(color, kMaxColor, "._-")) return {};
  return refuse("serviceColor", color,
                "1 to 64 letters, digits, '.', '_' or '-', beginning with a letter or digit");
}

Result<> check_acl_name(std::string_view name) {
  if (name.empty() || is_name(name, kMaxName, "._-")) return {};
  return refuse("aclName", name,
                "1 to 128 letters, digits, '.', '_' or '-', beginning with a letter or digit");
}

Result<> check_discovery_type(std::string_view type) {
  if (type.empty() || type == "tasks" || type == "DNS" || type == "overlay") return {};
  return refuse("discoveryType", type, "one of tasks, DNS, overlay");
}

Result<> check_network(std::string_view name) {
  if (name.empty() || is_name(name, kMaxName, "._-")) return {};
  return refuse("network", name,
                "1 to 128 letters, digits, '.', '_' or '-', beginning with a letter or digit");
}

Result<> check_templates(const Definition& d) {
  struct Pair {
    std::string_view name, fe, be;
  };
  const Pair pairs[] = {{"consulTemplate", d.consul_template_fe_path, d.consul_template_be_path},
                        {"template", d.template_fe_path, d.template_be_path}};
  int ways = d.consul_template_path.empty() ? 0 : 1;
  for (const auto& pair : pairs) {
    if (pair.fe.empty() != pair.be.empty())
      return fail(Errc::InvalidArgument,
                  fmt::format("{0}{1}Path: missing, {0}{2}Path needs it", pair.name,
                              pair.fe.empty() ? "Fe" : "Be", pair.fe.empty() ? "Be" : "Fe"));
    ways += pair.fe.empty() ? 0 : 1;
  }
  if (ways < 2) return {};
  return fail(Errc::InvalidArgument,
              "consulTemplatePath, consulTemplateFePath with consulTemplateBePath, and templateFePath with "
              "templateBePath exclude each other: give one of the three");
}

std::vector<std::string> Definition::templates() const {
  if (!consul_template_path.empty()) return {consul_template_path};
  if (!consul_template_fe_path.empty()) return {consul_template_fe_path, consul_template_be_path};
  if (!template_fe_path.empty()) return {template_fe_path, template_be_path};
  return {};
}

std::map<unsigned, const Destination*> Definition::destinations() const {
  std::map<unsigned, const Destination*> all = {{kFirstDestination, this}};
  for (const auto& [index, destination] : others) all.emplace(index, &destination);
  return all;
}

Result<> validate(const Definition& d) {
  if (auto ok = check_service_name(d.service); !ok) return ok;
  if (auto ok = check_color(d.color); !ok) return ok;
  if (auto ok = check_acl_name(d.acl_name); !ok) return ok;
  if (auto ok = check_discovery_type(d.discovery_type); !ok) return ok;
  if (auto ok = check_network(d.network); !ok) return ok;
  if (auto ok = check_templates(d); !ok) return ok;
  if (auto ok = check_checks(d); !ok) return ok;
  if (auto ok = check_destination(d); !ok) return ok;
  if (d.paths.empty() && d.domains.empty() && !d.has_template())
    return fail(
        Errc::InvalidArgument,
        fmt::format("service {} has no servicePath, no serviceDomain and no consulTemplatePath", d.service));
  if (d.strip_path && d.has_template())
    return fail(Errc::InvalidArgument, "stripPath: a template makes all sections of its service");
  if (auto ok = check_others(d); !ok) return ok;
  return check_route_count(d);
}

}  // namespace dfp::model
