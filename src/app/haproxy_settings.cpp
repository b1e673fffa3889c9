#include "app/haproxy_settings.hpp"

#include "net/endpoint.hpp"

namespace dfp::app {
namespace {

haproxy::Bind bind_of(const std::string& text) {
  auto address = net::parse_listen_address(text).value();
  return {address.host.empty() ? "*" : address.host, address.port};
}

haproxy::Timeouts timeouts_of(const settings::Timeouts& t) {
  return {.connect = t.connect,
          .client = t.client,
          .server = t.server,
          .queue = t.queue,
          .http_request = t.http_request,
          .http_keep_alive = t.http_keep_alive,
          .tunnel = t.tunnel};
}

std::optional<haproxy::StatsPage> stats_of(const settings::Settings& settings) {
  const auto& stats = settings.stats;
  if (!stats.enabled()) return std::nullopt;
  haproxy::StatsPage page{stats.user, stats.password, stats.uri, std::nullopt};
  auto http = bind_of(settings.http);
  if (stats.port != 0 && stats.port != http.port) page.bind = haproxy::Bind{http.address, stats.port};
  return page;
}

}  // namespace

haproxy::Settings haproxy_settings(const settings::Settings& settings) {
  haproxy::Settings out;
  out.program = settings.haproxy;
  out.run_dir = settings.run_dir;
  out.http = {bind_of(settings.http)};
  if (settings.https) out.https = {bind_of(*settings.https)};
  out.other_ports = {{bind_of(settings.api), "the API (--api)"}};
  out.certs_dir = settings.certs_dir;
  out.timeouts = timeouts_of(settings.timeouts);
  out.checks.enabled = settings.checks.by == settings::Checks::By::Haproxy;
  out.checks.interval = settings.checks.interval;
  out.checks.rise = static_cast<int>(settings.checks.rise);
  out.checks.fall = static_cast<int>(settings.checks.fall);
  out.stats = stats_of(settings);
  out.maxconn = static_cast<int>(settings.max_connections);
  out.shares.service = static_cast<int>(settings.clients.connection_share);
  out.shares.address = static_cast<int>(settings.clients.address_share);
  out.trusted_proxies = settings.clients.trusted_proxies;
  out.merge_slashes = settings.clients.merge_slashes;
  out.cleartext_http2 = settings.clients.cleartext_http2;
  out.hard_stop_after = settings.hard_stop_after;
  out.reload_timeout = settings.reload_timeout;
  out.allowed_keywords = {settings.templates.allowed.begin(), settings.templates.allowed.end()};
  out.confine_template_check = settings.templates.confine_check;
  return out;
}

}  // namespace dfp::app
