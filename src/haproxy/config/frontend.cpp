#include "haproxy/config/frontend.hpp"

#include <array>

#include "haproxy/config/hand_over.hpp"
#include "haproxy/config/request_rules.hpp"
#include "haproxy/config/route_key.hpp"
#include "haproxy/config/shares.hpp"

namespace dfp::haproxy::config {
namespace {

// Conditions: a variable that is not set costs 30 ns, so the flags come first.
constexpr auto kNotFound = "!{ var(txn.be) -m found }"_k;
constexpr auto kCommitted = "{ var(txn.flags) -m sub c }"_k;
constexpr auto kNotCommitted = "!{ var(txn.flags) -m sub c }"_k;
constexpr auto kPatterns = "{ var(txn.flags) -m sub p }"_k;

// Subject -> service -> backend; the first or the last part of a value that has two.
constexpr auto kBefore = ",map_beg(routes.map),field(1,|),map_str(backends.map),field(1,|) if"_k;
constexpr auto kAfter = ",map_beg(routes.map),field(-1,|),map_str(backends.map),field(-1,|) if"_k;
constexpr auto kSet = "http-request set-var(txn.be) "_k;
constexpr auto kPatternBefore =
    ",map_reg(patterns.map),map_str(backends.map),field(1,|) if { var(txn.side) -m str < }"_k;
constexpr auto kPatternAfter =
    ",map_reg(patterns.map),map_str(backends.map),field(-1,|) if { var(txn.side) -m str > }"_k;

void write_binds(ConfigWriter& writer, const Settings& settings, const Surroundings& surroundings) {
  for (const auto& bind : settings.http) writer.line("bind"_k, Address{bind.address, bind.port});
  if (!listens_tls(settings, surroundings)) return;
  for (const auto& bind : settings.https)
    writer.line("bind"_k, Address{bind.address, bind.port}, "ssl crt-list crt-list.txt alpn h2,http/1.1"_k);
}

void write_stats(ConfigWriter& writer, const StatsPage& stats) {
  writer.line("stats enable"_k);
  writer.line("stats uri"_k, Quoted{stats.uri});
  bool open = stats.user == "none" && stats.password == "none";
  auto credentials = stats.user + ":" + stats.password;
  if (!open) writer.line("stats auth"_k, Quoted{credentials});
}

void write_variables(ConfigWriter& writer) {
  writer.line("http-request set-var(txn.host) req.fhdr(host),field(1,:),lower,rtrim(.)"_k);
  writer.line("http-request set-var(txn.flags) str(flags),map_str(flags.map)"_k);
}

/// Which entries of patterns.map count: those of before or of after a commit.
void write_side(ConfigWriter& writer) {
  writer.line("http-request set-var(txn.side) str(<) if"_k, kPatterns, kNotCommitted);
  writer.line("http-request set-var(txn.side) str(>) if"_k, kPatterns, kCommitted);
}

/// routes.map, as it is before a commit.
template <class... Gate>
void write_route_lookup(ConfigWriter& writer, Keyword subject, const Gate&... gate) {
  writer.line(kSet, kGlue, subject, kGlue, kBefore, gate...);
}

/// The rest of one host: routes.map after a commit, then patterns.map.
/// @param gate with kNotFound. It holds for patterns, too: a depth that is not in use has no parent of its
/// own, and the one that a look below /.well-known left would be another depth's.
template <class... Gate>
void write_other_lookups(ConfigWriter& writer, Keyword route_subject, Keyword pattern_subject,
                         const Gate&... gate) {
  writer.line(kSet, kGlue, route_subject, kGlue, kAfter, gate..., kCommitted);
  writer.line(kSet, kGlue, pattern_subject, kGlue, kPatternBefore, gate...);
  writer.line(kSet, kGlue, pattern_subject, kGlue, kPatternAfter, gate...);
}

/// All rules of one host.
template <class... Gate>
void write_lookup(ConfigWriter& writer, Keyword route_subject, Keyword pattern_subject, const Gate&... gate) {
  write_route_lookup(writer, route_subject, gate..., kNotCommitted);
  write_other_lookups(writer, route_subject, pattern_subject, gate...);
}

/// The parent of a host whose base has `depth` labels: its last depth+1 labels without the first. A shorter
/// host yields its own parent, which is a right answer too.
template <class... Gate>
void write_parent(ConfigWriter& writer, unsigned depth, const Gate&... gate) {
  writer.line("http-request set-var(txn.parent) var(txn.host),field(-1,.,"_k, kGlue, depth + 1, kGlue,
              "),field(2,.,0) if"_k, gate..., kNotFound);
}

void write_wildcard_lookup(ConfigWriter& writer, unsigned depth) {
  auto letter = std::string(1, flag_of_depth(depth));
  constexpr auto kIf = "{ var(txn.flags) -m sub"_k;
  Name name{letter};
  write_parent(writer, depth, kIf, name, "}"_k);
  write_lookup(writer, "var(txn.parent),concat(*,txn.path,?)"_k,
               R"(var(txn.side),concat(*.,txn.parent),concat("\n",txn.path))"_k, kIf, name, "}"_k, kNotFound);
}

/// routes.map before and after a commit, for what is not found yet.
template <class... Gate>
void write_one_well_known_lookup(ConfigWriter& writer, Keyword subject, const Gate&... gate) {
  write_route_lookup(writer, subject, gate..., kNotFound, kNotCommitted);
  writer.line(kSet, kGlue, subject, kGlue, kAfter, gate..., kNotFound, kCommitted);
}

/// Routes below /.well-known: before all others, among themselves in the usual order of hosts.
void write_well_known_lookups(ConfigWriter& writer, unsigned wildcard_depth) {
  constexpr auto kIf = "{ var(txn.above) -m found }"_k;
  constexpr auto kIfWildcard = "{ var(txn.above) -m found } { var(txn.flags) -m sub"_k;
  writer.line(
      "http-request set-var(txn.above) str(*) if { var(txn.flags) -m sub w } { var(txn.path) -m beg /.well-known }"_k);
  write_one_well_known_lookup(writer, "var(txn.above),concat(,txn.host),concat(,txn.path,?)"_k, kIf);
  for (unsigned depth = wildcard_depth; depth > 0; --depth) {
    auto letter = std::string(1, flag_of_depth(depth));
    Name name{letter};
    write_parent(writer, depth, kIfWildcard, name, "}"_k);
    write_one_well_known_lookup(writer, "var(txn.above),concat(,txn.parent),concat(*,txn.path,?)"_k,
                                kIfWildcard, name, "}"_k);
  }
  write_one_well_known_lookup(writer, "var(txn.above),concat(,txn.path,?)"_k, kIf);
}

constexpr auto kHostRoute = "var(txn.host),concat(,txn.path,?)"_k;
constexpr auto kPathRoute = "var(txn.path),concat(?)"_k;

/// What is found here ends the rules: the usual request costs one or two lookups. One that is not as it
/// should be has no txn.path yet, and so finds nothing: no key of routes.map is a host without a path.
void write_early_lookups(ConfigWriter& writer, const Lookups& lookups) {
  constexpr auto kEndIfFound = "http-request allow if { var(txn.be) -m found }"_k;
  if (lookups.well_known) {
    write_well_known_lookups(writer, lookups.wildcard_depth);
    writer.line(kEndIfFound);
  }
  write_route_lookup(writer, kHostRoute, kNotCommitted);
  writer.line(kEndIfFound);
  // Without any flag there are neither wildcards nor patterns, and nothing is being changed.
  write_route_lookup(writer, kPathRoute, "!{ var(txn.flags) -m found }"_k);
  writer.line(kEndIfFound);
}

/// The same where templates have rules of their own, which must be reached.
void write_first_lookups(ConfigWriter& writer, const Lookups& lookups) {
  if (lookups.well_known) write_well_known_lookups(writer, lookups.wildcard_depth);
  write_route_lookup(writer, kHostRoute, kNotFound, kNotCommitted);
}

/// What those leave.
void write_other_hosts(ConfigWriter& writer, unsigned wildcard_depth) {
  write_side(writer);
  write_other_lookups(writer, kHostRoute, R"(var(txn.side),concat(,txn.host),concat("\n",txn.path))"_k,
                      kNotFound);
  for (unsigned depth = wildcard_depth; depth > 0; --depth) write_wildcard_lookup(writer, depth);
  write_lookup(writer, kPathRoute, R"(var(txn.side),concat("\n",txn.path))"_k, kNotFound);
}

/// What becomes of a request; the same for those of clients and for those that an old worker hands over.
void write_rules(ConfigWriter& writer, const Settings& settings, const Surroundings& surroundings,
                 const TemplateTexts& templates) {
  writer.line("log stderr format raw local0"_k);
  writer.line("option http-ignore-probes"_k);  // who sends nothing gets nothing, and no line in the log
  if (!settings.cleartext_http2) writer.line("option disable-h2-upgrade"_k);
  if (settings.stats && !settings.stats->bind) write_stats(writer, *settings.stats);
  write_hand_over_rule(writer);
  write_request_gate(writer, settings, listens_tls(settings, surroundings));
  write_variables(writer);
  bool early = templates.rules.empty();
  if (early) write_early_lookups(writer, surroundings.lookups);
  write_odd_request_rules(writer, settings);
  if (early)
    write_early_lookups(writer, surroundings.lookups);  // of requests that were odd
  else
    write_first_lookups(writer, surroundings.lookups);
  write_other_hosts(writer, surroundings.lookups.wildcard_depth);
  writer.template_text(templates.rules);
  writer.template_text(templates.redirects);
  write_hand_over_choices(writer, listens_tls(settings, surroundings));
  writer.template_text(templates.choices);
  writer.line("use_backend %[var(txn.be)] if { var(txn.be) -m found }"_k);
  writer.template_text(templates.fallback);
  if (templates.fallback.empty()) writer.line("default_backend dfp:no-route"_k);
}

void write_services(ConfigWriter& writer, const Settings& settings, const Surroundings& surroundings,
                    const TemplateTexts& templates) {
  writer.section("frontend dfp:services from dfp:base"_k);
  write_binds(writer, settings, surroundings);
  write_share_of_address(writer, settings);
  write_rules(writer, settings, surroundings, templates);
  writer.section("frontend dfp:handed-over from dfp:base"_k);
  write_hand_over_entry(writer, surroundings.hand_over, listens_tls(settings, surroundings));
  write_rules(writer, settings, surroundings, templates);
}

}  // namespace

void write_frontends(ConfigWriter& writer, const Settings& settings, const Surroundings& surroundings,
                     const TemplateTexts& templates) {
  write_services(writer, settings, surroundings, templates);
  if (listens_for_stats(settings, surroundings)) {
    writer.section("frontend dfp:stats from dfp:base"_k);
    writer.line("bind"_k, Address{settings.stats->bind->address, settings.stats->bind->port});
    writer.line("maxconn"_k, connections_of_stats(settings));
    write_stats(writer, *settings.stats);
    // HAProxy asks these rules before it looks for the page.
    writer.line("http-request deny deny_status 404 unless { url_beg"_k, Quoted{settings.stats->uri}, "}"_k);
  }
  write_hand_over_backends(writer, surroundings.hand_over, listens_tls(settings, surroundings),
                           settings.hard_stop_after);
  write_address_table(writer, settings);
  writer.section("backend dfp:no-route from dfp:base"_k);
  writer.line("http-request set-log-level silent"_k);
  writer.line(
      "http-request return status 503 content-type text/plain string \"No service is configured for this address.\\n\""_k);
}

}  // namespace dfp::haproxy::config
