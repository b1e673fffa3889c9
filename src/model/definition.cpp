#include "model/definition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace dfp::model {
namespace {

constexpr std::size_t kMaxName = 128;
constexpr std::size_t kMaxColor = 64;
constexpr std::size_t kMaxPath = 2048;
constexpr std::size_t kMaxDomain = 253;  // RFC 1035, section 2.3.4
constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxRoutes = 1000;

constexpr std::array<std::string_view, 6> kPathTypes = {"path_beg", "path",     "path_end",
                                                        "path_sub", "path_dir", "path_reg"};

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::unexpected<Error> refuse(std::string_view parameter, std::string_view value, std::string_view allowed) {
  return fail(Errc::InvalidArgument,
              fmt::format("{}: {} is not allowed: {}", parameter, text::shown(value), allowed));
}

/// Letters, digits and `marks`; begins with a letter or digit.
bool is_name(std::string_view value, std::size_t max, std::string_view marks) {
  return !value.empty() && value.size() <= max && is_alnum(value[0]) &&
         std::ranges::all_of(value, [&](char c) { return is_alnum(c) || marks.contains(c); });
}

/// RFC 3986, section 3.3: what can stand in the path of a request. Everything else is sent percent-encoded by
/// clients.
bool is_path_text(std::string_view value) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    char c = value[i];
    if (c == '%') {
      if (i + 2 >= value.size() || !is_hex(value[i + 1]) || !is_hex(value[i + 2])) return false;
      i += 2;
    } else if (!is_alnum(c) && !std::string_view("-._~!$&'()*+,;=:@/").contains(c)) {
      return false;
    }
  }
  return true;
}

bool is_domain_name(std::string_view value) {
  if (value.empty() || value.size() > kMaxDomain) return false;
  for (const auto& label : text::split(value, '.')) {
    if (label.empty() || label.size() > kMaxLabel || label.front() == '-' || label.back() == '-')
      return false;
    auto fits = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    if (!std::ranges::all_of(label, fits)) return false;
  }
  return true;
}

Result<> check_pattern(std::string_view path) {
  bool printable = std::ranges::all_of(path, [](char c) { return c > 0x20 && c < 0x7F; });
  if (!path.empty() && path.size() <= kMaxPath && printable) return {};
  return refuse("servicePath", path,
                "a path_reg is 1 to 2048 printable ASCII characters without spaces (write a space as \\x20)");
}

}  // namespace

std::string_view to_string(PathType type) noexcept { return kPathTypes[static_cast<std::size_t>(type)]; }

Result<PathType> parse_path_type(std::string_view text) {
  for (std::size_t i = 0; i < kPathTypes.size(); ++i)
    if (text == kPathTypes[i]) return static_cast<PathType>(i);
  return refuse("pathType", text, "one of path_beg, path, path_end, path_sub, path_dir, path_reg");
}

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

Result<> check_path(std::string_view path, PathType type) {
  if (type == PathType::Reg) return check_pattern(path);
  if (path.empty() || path.size() > kMaxPath)
    return refuse("servicePath", path, "a path has 1 to 2048 characters");
  if ((type == PathType::Beg || type == PathType::Exact) && path[0] != '/')
    return refuse("servicePath", path, "a path begins with '/'");
  if (!is_path_text(path))
    return refuse(
        "servicePath", path,
        "a path has letters, digits and -._~!$&'()*+;=:@/ only; write everything else percent-encoded (%20)");
  bool only_slashes = path.find_first_not_of('/') == std::string_view::npos;
  if (type == PathType::Dir && only_slashes)
    return refuse("servicePath", path, "a path_dir needs a name between its slashes");
  return {};
}

Result<> check_domain(std::string_view domain) {
  auto name = domain.starts_with("*.") ? domain.substr(2) : domain;
  if (is_domain_name(name)) return {};
  return refuse("serviceDomain", domain,
                "a host name like example.com, or *.example.com for every host below it; without scheme, "
                "port and path");
}

std::vector<std::string> Definition::templates() const {
  if (!consul_template_path.empty()) return {consul_template_path};
  if (!consul_template_fe_path.empty()) return {consul_template_fe_path, consul_template_be_path};
  if (!template_fe_path.empty()) return {template_fe_path, template_be_path};
  return {};
}

Result<> validate(const Definition& d) {
  if (auto ok = check_service_name(d.service); !ok) return ok;
  if (auto ok = check_color(d.color); !ok) return ok;
  if (auto ok = check_acl_name(d.acl_name); !ok) return ok;
  if (auto ok = check_discovery_type(d.discovery_type); !ok) return ok;
  if (auto ok = check_network(d.network); !ok) return ok;
  if (auto ok = check_templates(d); !ok) return ok;
  if (auto ok = check_checks(d); !ok) return ok;
  for (const auto& path : d.paths)
    if (auto ok = check_path(path, d.effective_path_type()); !ok) return ok;
  for (const auto& domain : d.domains)
    if (auto ok = check_domain(domain); !ok) return ok;
  if (d.paths.empty() && d.domains.empty() && !d.has_template())
    return fail(
        Errc::InvalidArgument,
        fmt::format("service {} has no servicePath, no serviceDomain and no consulTemplatePath", d.service));
  if (d.paths.empty() && d.path_type && *d.path_type != PathType::Beg)
    return fail(Errc::InvalidArgument,
                fmt::format("pathType: {} needs a servicePath", to_string(*d.path_type)));
  if (auto routes = std::max<std::size_t>(d.paths.size(), 1) * std::max<std::size_t>(d.domains.size(), 1);
      routes > kMaxRoutes)
    return fail(Errc::InvalidArgument,
                fmt::format("servicePath and serviceDomain: {} routes, more than {} for one service", routes,
                            kMaxRoutes));
  return {};
}

}  // namespace dfp::model
