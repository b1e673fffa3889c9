#include "haproxy/config/template/literal_addresses.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "haproxy/config/template/server_target.hpp"
#include "haproxy/config/writer.hpp"

namespace dfp::haproxy::config {
namespace {

/// Where a line of this keyword has an address: in its nth word, or behind a word.
struct Place {
  std::string_view keyword;
  std::size_t word;         ///< 0: none
  std::string_view behind;  ///< "": none
};
/// Source: uses of str2sa_range(), str2ip() and str2net() in HAProxy 2.6; tried with it.
constexpr Place kPlaces[] = {
    {"server", 0, "addr"},
    {"server", 0, "agent-addr"},
    {"server", 0, "socks4"},
    {"server", 0, "source"},
    {"server", 0, "usesrc"},
    {"http-check", 0, "addr"},
    {"tcp-check", 0, "addr"},
    {"option", 0, "except"},
    {"nameserver", 2, ""},
    // Only where an operator has permitted them.
    {"source", 1, "usesrc"},
    {"log", 1, ""},
    {"dispatch", 1, ""},
    {"peer", 2, ""},
    {"mailer", 2, ""},
};

/// "ring@x" and such: what belongs to no name server.
constexpr std::string_view kOtherFamilies[] = {"unix@", "abns@", "abnsz@", "fd@", "sockpair@", "ring@", "/"};
/// Words that stand in place of an address.
constexpr std::string_view kNotAddresses[] = {"global", "stdout", "stderr", "client", "clientip"};

bool is_literal(std::string_view host) { return host.empty() || is_ip_address(host); }

bool may_be_looked_up(std::string_view text) {
  if (text.empty() || text.starts_with("hdr_ip(")) return false;
  auto begins = [&](std::string_view family) { return text.starts_with(family); };
  if (std::ranges::any_of(kOtherFamilies, begins)) return false;
  if (std::ranges::find(kNotAddresses, text) != std::end(kNotAddresses)) return false;
  if (is_network(std::string(text))) return false;
  // An IPv6 address may have a port, or none.
  return !is_literal(parse_target(text).host) && !is_literal(parse_target(std::string(text) + ":").host);
}

Result<> check_word(const Line& line, std::size_t n) {
  if (!may_be_looked_up(line.word(n))) return {};
  return refuse_line(
      line, fmt::format("HAProxy would look up the name '{}' at each start, and serve nobody while no name "
                        "server answers; write an IP address (names may stand only where servers do)",
                        parse_target(line.word(n)).host));
}

/// What a line is to kPlaces: all lines about servers are alike.
std::string_view kind_of(const Line& line) {
  auto keyword = line.keyword();
  return keyword == "default-server" || keyword == "server-template" ? "server" : keyword;
}

bool is_check_that_connects(const Line& line) {
  return !line.keyword().ends_with("-check") || line.word(1) == "connect";
}

/// A server line whose name nobody else looks up: those of "ring" and the like.
bool is_server_elsewhere(const Section& section, const Line& line) {
  return target_word(line.keyword()) != 0 && section.type() != "backend" && section.type() != "listen" &&
         section.type() != "frontend";
}

bool is_condition(std::string_view word) { return word == "if" || word == "unless"; }

/// "{", "!{", "!!{"
bool opens_acl(std::string_view word) {
  return word.ends_with('{') && word.find_first_not_of('!') == word.size() - 1;
}

}  // namespace

Result<> check_literal_addresses(const Section& section) {
  for (const auto& line : section.lines) {
    if (is_server_elsewhere(section, line))
      if (auto ok = check_word(line, target_word(line.keyword())); !ok) return ok;
    bool negated = line.word(0) != line.keyword();  // "no log"
    if (negated || !is_check_that_connects(line)) continue;
    for (const auto& place : kPlaces) {
      if (place.keyword != kind_of(line)) continue;
      if (place.word != 0)
        if (auto ok = check_word(line, place.word); !ok) return ok;
      for (std::size_t n = 1; !place.behind.empty() && n + 1 < line.words.size(); ++n)
        if (line.word(n) == place.behind)
          if (auto ok = check_word(line, n + 1); !ok) return ok;
    }
  }
  return {};
}

std::string without_lookups(const std::string& text) {
  auto sections = parse_sections(text);
  if (!sections || sections->size() != 1 || sections->front().lines.size() != 1) return text;
  const auto& line = sections->front().lines.front();
  std::string out = line.raw;
  bool in_condition = false;
  std::size_t added = 0;
  auto add_behind = [&](std::size_t n) {
    constexpr std::string_view kNoLookups = " -n";
    out.insert(line.words[n].end + added, kNoLookups);
    added += kNoLookups.size();
  };
  if (line.keyword() == "acl" && line.words.size() > 2) add_behind(2);
  for (std::size_t n = 1; n + 1 < line.words.size(); ++n) {
    in_condition = in_condition || is_condition(line.word(n));
    if (in_condition && opens_acl(line.word(n))) add_behind(n + 1);
  }
  return "  " + out;
}

}  // namespace dfp::haproxy::config
