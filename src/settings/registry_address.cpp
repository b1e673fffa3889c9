#include "settings/registry_address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/parse.hpp"
#include "base/text.hpp"

namespace dfp::settings {
namespace {

constexpr std::string_view kConsulPort = "8500";

bool is_host(std::string_view host) {
  bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  auto inner = bracketed ? host.substr(1, host.size() - 2) : host;
  auto fits = [&](unsigned char c) {
    return std::isalnum(c) || (bracketed ? c == ':' : c == '.' || c == '-' || c == '_');
  };
  return !inner.empty() && std::ranges::all_of(inner, fits);
}

/// Takes `prefix` off the front if it is there.
bool consume(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::unexpected<Error> refuse(std::string_view text) {
  return fail(
      Errc::InvalidArgument,
      fmt::format("{} is not an address of Consul (HOST:PORT, with or without http:// or https://, or "
                  "unix:///path; several separated by commas)",
                  text::shown(text)));
}

Result<std::string> parse_server(std::string_view text, bool tls) {
  auto rest = text;
  if (consume(rest, "unix://")) {
    if (!rest.starts_with('/')) return refuse(text);
    return std::string(text);
  }
  if (consume(rest, "https://"))
    tls = true;
  else if (consume(rest, "http://"))
    tls = false;
  if (rest.ends_with('/')) rest.remove_suffix(1);
  auto colon = rest.rfind(':');
  bool has_port = colon != std::string_view::npos && !rest.ends_with(']');
  auto host = has_port ? rest.substr(0, colon) : rest;
  auto port = has_port ? rest.substr(colon + 1) : kConsulPort;
  if (!is_host(host) || !parse::number(port, 1, 65535)) return refuse(text);
  return fmt::format("{}://{}:{}", tls ? "https" : "http", host, port);
}

}  // namespace

Result<std::vector<std::string>> parse_consul_servers(std::string_view text, bool tls) {
  std::vector<std::string> servers;
  for (const auto& part : text::split(text, ',')) {
    auto server = parse_server(text::trim(part), tls);
    if (!server) return std::unexpected(server.error());
    servers.push_back(*server);
  }
  return servers;
}

Result<Registry> parse_registry(std::string_view text) {
  auto rest = text;
  if (consume(rest, "embedded") && (rest.empty() || consume(rest, ":")))
    return Registry{.kind = Registry::Kind::Embedded, .file = std::string(rest), .servers = {}};
  for (std::string_view scheme : {"consuls", "consul-tls", "consul"}) {  // the second is Registrator's
    rest = text;
    if (!consume(rest, scheme)) continue;
    Registry registry{.kind = Registry::Kind::Consul, .file = {}, .servers = {}};
    if (rest.empty() || rest == "://") return registry;
    if (!consume(rest, "://")) continue;
    auto servers = parse_consul_servers(rest, scheme != "consul");
    if (!servers) return std::unexpected(servers.error());
    registry.servers = std::move(*servers);
    return registry;
  }
  return fail(
      Errc::InvalidArgument,
      fmt::format(
          "{} is not a registry (embedded:FILE, consul://HOST:PORT[,HOST:PORT], or consuls:// for TLS)",
          text::shown(text)));
}

std::string render_registry(const Registry& registry) {
  if (registry.kind == Registry::Kind::Embedded)
    return registry.file.empty() ? "embedded" : "embedded:" + registry.file;
  std::vector<std::string> servers;
  for (std::string_view server : registry.servers) {
    consume(server, "http://");
    servers.emplace_back(server);
  }
  return servers.empty() ? "consul" : "consul://" + text::join(servers, ",");
}

}  // namespace dfp::settings
