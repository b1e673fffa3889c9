#include "haproxy/config/template/named_servers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/parse.hpp"
#include "base/text.hpp"
#include "haproxy/config/template/server_target.hpp"
#include "haproxy/config/writer.hpp"

namespace dfp::haproxy::config {
namespace {

constexpr std::size_t kMostServers = 10'000;  ///< of a server-template that are followed one by one

/// The init-addr of one or several lines.
struct InitialMethods {
  bool any = false;
  bool look_up = false;  ///< one of them asks libc
  std::string fallback;  ///< the address after that

  void add(std::string_view methods) {
    any = true;
    bool asked = false;
    for (const auto& method : text::split(methods, ',')) {
      bool is_last_resort = method == "none" || is_ip_address(method);
      if (asked && is_ip_address(method)) fallback = method;
      if (is_last_resort) return;
      asked = asked || method == "libc";
      look_up = look_up || asked;
    }
  }
  void add(const Line& line) {
    for (std::size_t n = 1; n + 1 < line.words.size(); ++n)
      if (line.word(n) == "init-addr") add(line.word(n + 1));
  }
};

bool has_resolvers(const Line& line) {
  return std::ranges::find(line.words, "resolvers", &Word::text) != line.words.end();
}

/// "3" and "2-4" of a server-template. Empty when it is not understood: HAProxy makes some, they are left
/// alone.
std::vector<std::string> numbered(std::string_view prefix, std::string_view range) {
  auto dash = range.find('-');
  auto begin = dash == std::string_view::npos ? std::string_view("1") : range.substr(0, dash);
  auto end = dash == std::string_view::npos ? range : range.substr(dash + 1);
  auto first = parse::number(begin, 0, 1'000'000);
  auto last = parse::number(end, 0, 1'000'000);
  std::vector<std::string> names;
  if (!first || !last || *last < *first || *last - *first >= kMostServers) return names;
  for (auto n = *first; n <= *last; ++n) names.push_back(fmt::format("{}{}", prefix, n));
  return names;
}

}  // namespace

std::optional<NamedServer> named_server(const Section& section, const Line& line) {
  auto place = target_word(line.keyword());
  bool serves = section.type() == "backend" || section.type() == "listen";
  if (place == 0 || !serves) return std::nullopt;
  auto target = parse_target(line.word(place));
  if (target.host.empty() || is_ip_address(target.host) || target.is_service_record()) return std::nullopt;
  InitialMethods methods;
  InitialMethods inherited;
  methods.add(line);
  bool own_resolvers = has_resolvers(line);
  for (const auto& other : section.lines) {
    if (other.keyword() != "default-server") continue;
    inherited.add(other);
    own_resolvers = own_resolvers || has_resolvers(other);
  }
  if (!methods.any) methods = inherited;
  if (methods.any && !methods.look_up) return std::nullopt;
  NamedServer server;
  server.section = section.name();
  server.name = line.word(1);
  server.servers = place == 2 ? std::vector{server.name} : numbered(server.name, line.word(2));
  server.host = std::move(target.host);
  server.port = target.port;
  server.line = line.number;
  server.fallback = std::move(methods.fallback);
  server.followed = !own_resolvers;
  return server;
}

std::string initial_address(const NamedServer& server, const std::optional<std::string>& address) {
  auto first = address.value_or(server.fallback);
  return fmt::format(" init-addr {}none", first.empty() ? "" : first + ",");
}

}  // namespace dfp::haproxy::config
