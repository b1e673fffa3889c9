#include "haproxy/config/hand_over.hpp"

#include <fmt/format.h>

namespace dfp::haproxy::config {
namespace {

// A worker that ends without a successor (the program stops) has nobody to hand over to.
constexpr auto kReplaced = "{ stopping } !{ str(alone),map_str(hand-over.map) -m found }"_k;

constexpr auto kStrange = "!{ req.hdr(X-DFP-Hand-Over),map_str(hand-over.map) -m str accepted }"_k;
constexpr auto kServerOptions = "send-proxy-v2 pool-max-conn 0"_k;
constexpr auto kTlsServerOptions = "ssl verify none sni ssl_fc_sni"_k;

void write_backend_rules(ConfigWriter& writer, std::chrono::milliseconds lifetime) {
  // A new connection each time: one that is kept could lead to a worker that has been replaced as well.
  writer.line("option http-server-close"_k);
  writer.line("timeout server"_k, lifetime);
  writer.line("timeout tunnel"_k, lifetime);
  writer.line("http-request set-header X-DFP-Hand-Over %[str(secret),map_str(hand-over.map)]"_k);
  // The new worker adds X-Forwarded-For; this one would add it as well.
  writer.line("option forwardfor header X-DFP-Hand-Over-For"_k);
  writer.line("http-response set-log-level silent"_k);  // the new worker has logged it
}

/// Unique and short, whatever the section's name is: the name of a socket has 107 bytes.
std::string socket_part(std::string_view section) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (char c : section) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return fmt::format("{:016x}", value);
}

}  // namespace

std::string hand_over_map(const HandOver& hand_over) {
  if (hand_over.secret.empty()) return {};
  return fmt::format("secret {}\n{} accepted\n", hand_over.secret, hand_over.secret);
}

void write_hand_over_entry(ConfigWriter& writer, const HandOver& hand_over, bool tls) {
  Name socket{hand_over.socket};
  writer.line("bind abns@"_k, kGlue, socket, kGlue, "-http accept-proxy"_k);
  if (tls)
    writer.line("bind abns@"_k, kGlue, socket, kGlue, "-https accept-proxy ssl crt-list crt-list.txt"_k);
  writer.line("http-request deny deny_status 403 if"_k, kStrange);
  writer.line("http-request del-header X-DFP-Hand-Over -m beg"_k);
}

void write_hand_over_rule(ConfigWriter& writer) { writer.line("http-request allow if"_k, kReplaced); }

void write_hand_over_choices(ConfigWriter& writer, bool tls) {
  if (tls) writer.line("use_backend dfp:hand-over-https if"_k, kReplaced, "{ ssl_fc }"_k);
  writer.line("use_backend dfp:hand-over-http if"_k, kReplaced);
}

void write_hand_over_backends(ConfigWriter& writer, const HandOver& hand_over, bool tls,
                              std::chrono::milliseconds lifetime) {
  Name socket{hand_over.socket};
  writer.section("backend dfp:hand-over-http from dfp:base"_k);
  write_backend_rules(writer, lifetime);
  writer.line("server new abns@"_k, kGlue, socket, kGlue, "-http"_k, kServerOptions);
  if (!tls) return;
  writer.section("backend dfp:hand-over-https from dfp:base"_k);
  write_backend_rules(writer, lifetime);
  writer.line("server new abns@"_k, kGlue, socket, kGlue, "-https"_k, kServerOptions, kTlsServerOptions);
}

void write_own_hand_over(ConfigWriter& writer, const HandOver& hand_over, const OwnHandOver& own) {
  auto part = socket_part(own.section);
  if (own.plain)
    writer.line("bind abns@"_k, kGlue, Name{hand_over.socket}, kGlue, "-"_k, kGlue, Name{part},
                "accept-proxy name hand-over"_k);
  writer.line("http-request deny deny_status 403 if { so_name hand-over }"_k, kStrange);
  writer.line("http-request del-header X-DFP-Hand-Over -m beg"_k);
  write_hand_over_rule(writer);
  if (!own.certificates.empty())
    writer.line("use_backend dfp:hand-over-tls-to:"_k, kGlue, Name{own.section}, "if"_k, kReplaced,
                "{ ssl_fc }"_k);
  if (own.plain) writer.line("use_backend dfp:hand-over-to:"_k, kGlue, Name{own.section}, "if"_k, kReplaced);
}

std::string own_hand_over_tls_bind(const HandOver& hand_over, const OwnHandOver& own) {
  if (own.certificates.empty()) return {};
  return fmt::format("  bind abns@{}-{}-tls accept-proxy name hand-over ssl {}\n", hand_over.socket,
                     socket_part(own.section), own.certificates);
}

void write_own_hand_over_backends(ConfigWriter& writer, const HandOver& hand_over, const OwnHandOver& own,
                                  std::chrono::milliseconds lifetime) {
  auto part = socket_part(own.section);
  if (own.plain) {
    writer.section("backend dfp:hand-over-to:"_k, kGlue, Name{own.section}, "from dfp:base"_k);
    write_backend_rules(writer, lifetime);
    writer.line("server new abns@"_k, kGlue, Name{hand_over.socket}, kGlue, "-"_k, kGlue, Name{part},
                kServerOptions);
  }
  if (own.certificates.empty()) return;
  writer.section("backend dfp:hand-over-tls-to:"_k, kGlue, Name{own.section}, "from dfp:base"_k);
  write_backend_rules(writer, lifetime);
  writer.line("server new abns@"_k, kGlue, Name{hand_over.socket}, kGlue, "-"_k, kGlue, Name{part}, kGlue,
              "-tls"_k, kServerOptions, kTlsServerOptions);
}

}  // namespace dfp::haproxy::config
