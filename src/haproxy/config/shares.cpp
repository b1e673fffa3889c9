#include "haproxy/config/shares.hpp"

#include <algorithm>
#include <ranges>

namespace dfp::haproxy::config {
namespace {

constexpr auto kPublic = "fe_conn(dfp:services)"_k;
// Who is refused gives his connection back: it belongs to all.
constexpr auto kRefuse =
    R"(http-request deny deny_status 503 content-type text/plain string "Too many requests of this service are under way.\n" hdr Connection close hdr Retry-After 1 if)"_k;

/// What every holder may have however few are free.
int always(const Settings& settings) { return std::max(1, settings.maxconn / 100); }

/// held / free > share / (100 - share), without a division: used * share + held * (100 - share) is more than
/// this.
std::int64_t most_weighed(const Settings& settings) {
  return std::int64_t{settings.maxconn} * settings.shares.service;
}

/// Each port counts all ports, and so does each backend of a template: 100 make 2 MB of text, which HAProxy
/// 2.6.12 reads in 0.2 s; 300 would make 18 MB. More are not counted.
constexpr std::size_t kMostCounted = 100;

/// Sets variable `used` to what is in use on all ports. Most requests do not need it: they ask for something
/// that holds no more than it always may.
/// @param set "http-request set-var("
void write_sum(ConfigWriter& writer, const OwnPorts& ports, Keyword set, Keyword used, Keyword held,
               int always) {
  writer.line(set, kGlue, used, kGlue, ")"_k, kPublic, "if {"_k, held, "gt"_k, always, "}"_k);
  for (const auto& port : ports | std::views::take(kMostCounted))
    writer.line(set, kGlue, used, kGlue, ") fe_conn("_k, kGlue, Name{port}, kGlue, "),add("_k, kGlue, used,
                kGlue, ") if {"_k, held, "gt"_k, always, "}"_k);
}

}  // namespace

void write_share_of_backend(ConfigWriter& writer, const Settings& settings, const OwnPorts& ports) {
  auto share = settings.shares.service;
  if (share == 100) return;
  auto most = connections_of_one(settings);
  bool summed = !ports.empty();
  auto used = summed ? "var(txn.dfp_used)"_k : kPublic;
  auto more = summed ? "-m int gt"_k : "gt"_k;
  if (summed)
    write_sum(writer, ports, "http-request set-var("_k, "txn.dfp_used"_k, "be_conn"_k, always(settings));
  writer.line("http-request set-var(txn.held) be_conn,mul("_k, kGlue, 100 - share, kGlue, ") if {"_k, used,
              more, most, "}"_k);
  writer.line(kRefuse, "{ be_conn gt"_k, most, "} || { be_conn gt"_k, always(settings), "} {"_k, used, more,
              most, "} {"_k, used, kGlue, ",mul("_k, kGlue, share, kGlue, "),add(txn.held)"_k, more,
              most_weighed(settings), "}"_k);
}

void write_share_of_port(ConfigWriter& writer, const Settings& settings, const OwnPorts& ports) {
  auto share = settings.shares.service;
  if (share == 100) return;
  write_sum(writer, ports, "tcp-request connection set-var("_k, "sess.dfp_used"_k, "fe_conn"_k,
            always(settings));
  writer.line("tcp-request connection set-var(sess.dfp_held) fe_conn,mul("_k, kGlue, 100 - share, kGlue,
              ") if { fe_conn gt"_k, always(settings), "}"_k);
  writer.line("tcp-request connection reject if { fe_conn gt"_k, always(settings),
              "} { var(sess.dfp_used) -m int gt"_k, connections_of_one(settings),
              "} { var(sess.dfp_used),mul("_k, kGlue, share, kGlue, "),add(sess.dfp_held) -m int gt"_k,
              most_weighed(settings), "}"_k);
}

void write_share_of_address(ConfigWriter& writer, const Settings& settings) {
  if (settings.shares.address == 100) return;
  writer.words("  tcp-request connection track-sc0 src,ipmask(32,64) table dfp:clients"_k);
  if (!settings.trusted_proxies.empty()) {
    writer.words("if !{ src"_k);
    for (const auto& network : settings.trusted_proxies) writer.words(Network{network});
    writer.words("}"_k);
  }
  writer.end_line();
  auto most = std::max<std::int64_t>(1, std::int64_t{settings.maxconn} * settings.shares.address / 100);
  writer.line("tcp-request connection reject if { sc0_conn_cur gt"_k, most, "}"_k);
}

void write_address_table(ConfigWriter& writer, const Settings& settings) {
  if (settings.shares.address == 100) return;
  writer.section("backend dfp:clients from dfp:base"_k);
  // As many as can be connected: who is counted is never forgotten, who has left soon is.
  writer.line("stick-table type ipv6 size"_k, settings.maxconn, "expire 10s store conn_cur"_k);
}

int connections_of_stats(const Settings& settings) {
  return std::max(1, std::min(std::max(10, settings.maxconn / 100), settings.maxconn / 32));
}

}  // namespace dfp::haproxy::config
