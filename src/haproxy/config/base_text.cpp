#include "haproxy/config/base_text.hpp"

#include <fmt/format.h>

#include <charconv>

#include "haproxy/config/backend.hpp"
#include "haproxy/config/frontend.hpp"
#include "haproxy/config/policy/policies.hpp"
#include "haproxy/config/shares.hpp"
#include "haproxy/config/template/template_sections.hpp"
#include "haproxy/config/writer.hpp"

namespace dfp::haproxy::config {
namespace {

void write_global(ConfigWriter& writer, const Settings& settings, const Surroundings& surroundings) {
  // A new worker takes over a socket whose path is spelled the same, without making its file again: where
  // that was deleted, the path must be spelled differently.
  auto socket = settings.run_dir.string() + "/";
  for (unsigned i = 0; i < surroundings.socket_detours; ++i) socket += "./";
  socket += kRuntimeSocket;
  writer.line("expose-experimental-directives"_k);  // for normalize-uri; nothing else is meant
  // Relative names of maps are looked up beside the file, whatever folder it is read from.
  writer.line("default-path config"_k);
  writer.line("stats socket"_k, Quoted{socket}, "mode 600 level admin expose-fd listeners"_k);
  writer.line("stats timeout 1d"_k);  // of our idle session
  writer.line("maxconn"_k, settings.maxconn);
  writer.line("no strict-limits"_k);  // fewer files than maxconn wants is a warning, not the end
  if (settings.threads > 0) writer.line("nbthread"_k, settings.threads);
  writer.line("hard-stop-after"_k, settings.hard_stop_after);
  // Old workers end with their last connection or by hard-stop-after, never by the number of reloads: those
  // of one service would cut the long answers of all others.
  writer.line("mworker-max-reloads 1000000"_k);
  writer.line("spread-checks 20"_k);
  if (!surroundings.user.empty()) {
    writer.line("user"_k, Name{surroundings.user});
    writer.line("group"_k, Name{surroundings.user});
  }
  if (listens_tls(settings, surroundings)) {
    writer.line("ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets"_k);
    // Forward secrecy and authenticated encryption only.
    writer.line(
        "ssl-default-bind-ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"_k);
    writer.line(
        "ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"_k);
    writer.line("tune.ssl.default-dh-param 2048"_k);
  }
}

void write_defaults(ConfigWriter& writer, const Settings& settings) {
  const auto& timeouts = settings.timeouts;
  writer.section("defaults dfp:base"_k);
  writer.line("mode http"_k);
  writer.line("option httplog"_k);
  writer.line("option dontlognull"_k);
  writer.line("option dontlog-normal"_k);
  writer.line("timeout connect"_k, timeouts.connect);
  writer.line("timeout client"_k, timeouts.client);
  writer.line("timeout server"_k, timeouts.server);
  writer.line("timeout queue"_k, timeouts.queue);
  writer.line("timeout http-request"_k, timeouts.http_request);
  writer.line("timeout http-keep-alive"_k, timeouts.http_keep_alive);
  writer.line("timeout tunnel"_k, timeouts.tunnel);
  // A reload would cut idle keep-alive clients off without this.
  writer.line("option idle-close-on-response"_k);
  // A client that has left holds no connection until his instance answers: a hung service, removed and back,
  // would have the shares of two.
  writer.line("option abortonclose"_k);
  writer.line("option forwardfor"_k);
  writer.line("http-reuse safe"_k);
  writer.line("option redispatch"_k);
  writer.line("retries 3"_k);
}

/// Rules are not inherited from one defaults section to another, so each has them all.
void write_service_defaults(ConfigWriter& writer, const Settings& settings, const OwnPorts& ports,
                            Profile profile) {
  writer.section("defaults"_k, Name{defaults_of(profile)}, "from dfp:base"_k);
  writer.line("balance roundrobin"_k);
  // A request goes to another server when its own is gone; one that may have had an effect only when it
  // certainly was not sent.
  writer.line("retry-on conn-failure empty-response"_k);
  writer.line("http-request disable-l7-retry unless METH_GET"_k);
  write_share_of_backend(writer, settings, ports);
}

void write_profiles(ConfigWriter& writer, const Settings& settings, const OwnPorts& ports) {
  write_service_defaults(writer, settings, ports, Profile::Plain);
  write_service_defaults(writer, settings, ports, Profile::Policies);
  write_policies(writer);
}

/// HAProxy looks no name up at its start, where it would serve nobody meanwhile: see named_servers.hpp.
void write_template_defaults(ConfigWriter& writer) {
  writer.section("defaults dfp:template from dfp:base"_k);
  writer.line("balance roundrobin"_k);
  writer.line("default-server init-addr none"_k);
}

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return value;
}

template <class Number>
bool parse_field(std::string_view& text, std::string_view name, Number& value, int base) {
  auto at = text.find(name);
  if (at == std::string_view::npos) return false;
  text.remove_prefix(at + name.size());
  return std::from_chars(text.data(), text.data() + text.size(), value, base).ec == std::errc();
}

}  // namespace

Result<BaseText> base_text(const Settings& settings, const Surroundings& surroundings,
                           const TemplateTexts& templates) {
  auto ports = own_ports(templates.sections);
  if (!ports) return std::unexpected(ports.error());
  ConfigWriter writer;
  write_global(writer, settings, surroundings);
  write_defaults(writer, settings);
  write_profiles(writer, settings, *ports);
  write_frontends(writer, settings, surroundings, templates);
  if (!templates.sections.empty()) {
    write_template_defaults(writer);
  }
  auto text = std::move(writer).finish();
  if (!text) return std::unexpected(text.error());
  auto sections = guarded_sections(templates.sections, surroundings.hand_over, settings);
  if (!sections) return std::unexpected(sections.error());
  *text += *sections;
  auto hash = fnv1a(*text);
  return BaseText{std::move(*text), hash, surroundings.lookups, templates, surroundings.hand_over};
}

std::string to_string(const Description& d) {
  return fmt::format("docker-flow-proxy generation={} base={:016x} wildcards={} well-known={:d}",
                     d.generation, d.hash, d.lookups.wildcard_depth, d.lookups.well_known);
}

std::optional<Description> parse_description(std::string_view text) {
  Description d;
  if (!text.starts_with("docker-flow-proxy ")) return std::nullopt;
  if (!parse_field(text, " generation=", d.generation, 10) || !parse_field(text, " base=", d.hash, 16) ||
      !parse_field(text, " wildcards=", d.lookups.wildcard_depth, 10))
    return std::nullopt;
  int well_known = 0;  // absent in files of a program that did not know it
  d.lookups.well_known = parse_field(text, " well-known=", well_known, 10) && well_known != 0;
  return d;
}

}  // namespace dfp::haproxy::config
