#include "haproxy/config/template/server_target.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "base/text.hpp"

namespace dfp::haproxy::config {
namespace {

using Port = std::optional<std::uint16_t>;

/// As HAProxy reads it: what follows the digits does not count. 0 is no port.
Port parse_port(std::string_view text) {
  unsigned value = 0;
  for (char c : text) {
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) break;
    value = (value * 10 + static_cast<unsigned>(c - '0')) & 0xFFFFU;
  }
  return value == 0 ? Port() : static_cast<std::uint16_t>(value);
}

/// getaddrinfo(), which HAProxy asks, also takes what inet_aton() does: "127.1", "0x7f000001", "0".
std::string plain_host(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  if (text == "*") return {};
  auto host = text::lower(std::string(text));
  while (host.ends_with('.')) host.pop_back();
  in6_addr bytes{};
  char shown[INET6_ADDRSTRLEN] = "";
  in_addr old_style{};
  if (::inet_aton(host.c_str(), &old_style) != 0)
    return ::inet_ntop(AF_INET, &old_style, shown, sizeof shown);
  if (::inet_pton(AF_INET6, host.c_str(), &bytes) == 1)
    return ::inet_ntop(AF_INET6, &bytes, shown, sizeof shown);
  return host;
}

/// The addresses and ports of a line, beside its Target, and where they are used.
struct More {
  std::vector<std::string> hosts;     ///< of checks
  std::vector<Port> ports;            ///< of checks
  std::vector<std::string> fallback;  ///< of a server whose name is not known
};

More more_of(const Line& line) {
  More more;
  for (std::size_t n = 1; n + 1 < line.words.size(); ++n) {
    auto word = line.word(n);
    auto value = line.word(n + 1);
    if (word == "port" || word == "agent-port") more.ports.push_back(parse_port(value));
    if (word == "init-addr")
      for (const auto& one : text::split(value, ',')) more.fallback.push_back(parse_target(one + ":").host);
    if (word != "addr" && word != "agent-addr" && word != "socks4") continue;
    auto target = parse_target(value);
    more.hosts.push_back(target.host);
    more.hosts.push_back(parse_target(std::string(value) + ":").host);  // an IPv6 address without a port
    if (target.port) more.ports.push_back(target.port);
  }
  return more;
}

bool makes_connections(std::string_view keyword) {
  return keyword == "server" || keyword == "server-template" || keyword == "default-server" ||
         keyword == "http-check" || keyword == "tcp-check";
}

class TargetChecker {
 public:
  TargetChecker(const Section& section, const IsOwnApi& is_own_api)
      : section_(section), is_own_api_(is_own_api) {}

  Result<> check() {
    for (const auto& line : section_.lines)
      if (makes_connections(line.keyword()) && target_word(line.keyword()) == 0) add_common(more_of(line));
    for (const auto& line : section_.lines) {
      if (!makes_connections(line.keyword())) continue;
      auto ok = target_word(line.keyword()) == 0 ? check_pairs(line, more_of(line).hosts, common_.ports)
                                                 : check_server(line);
      if (!ok) return ok;
    }
    return {};
  }

 private:
  void add_common(More more) {
    std::ranges::move(more.hosts, std::back_inserter(common_.hosts));
    std::ranges::move(more.ports, std::back_inserter(common_.ports));
    std::ranges::move(more.fallback, std::back_inserter(common_.fallback));
  }

  Result<> check_server(const Line& line) const {
    auto target = parse_target(line.word(target_word(line.keyword())));
    auto more = more_of(line);
    std::vector<std::string> hosts{target.host};
    std::ranges::copy(more.fallback, std::back_inserter(hosts));
    std::ranges::copy(common_.fallback, std::back_inserter(hosts));
    if (auto ok = check_pairs(line, hosts, {target.port}); !ok) return ok;
    std::ranges::copy(more.hosts, std::back_inserter(hosts));
    std::ranges::copy(common_.hosts, std::back_inserter(hosts));
    std::vector<Port> ports = std::move(more.ports);
    std::ranges::copy(common_.ports, std::back_inserter(ports));
    if (hosts.size() > 1) ports.push_back(target.port);
    return check_pairs(line, hosts, ports);
  }

  Result<> check_pairs(const Line& line, const std::vector<std::string>& hosts,
                       const std::vector<Port>& ports) const {
    for (const auto& host : hosts)
      for (auto port : ports)
        if (is_own_api_(host.empty() ? "0.0.0.0" : host, port))
          return refuse_line(
              line, fmt::format("{} is this proxy's own API, which must not be published",
                                port ? fmt::format("{}:{}", host, *port) : host + ", at some port,"));
    return {};
  }

  const Section& section_;
  const IsOwnApi& is_own_api_;
  More common_;  // of lines that hold for all servers of the section
};

}  // namespace

Target parse_target(std::string_view text) {
  if (auto at = text.rfind('@'); at != std::string_view::npos) text.remove_prefix(at + 1);
  auto colon = text.find_last_of(":]");
  if (colon == std::string_view::npos || text[colon] == ']') return {plain_host(text), {}};
  return {plain_host(text.substr(0, colon)), parse_port(text.substr(colon + 1))};
}

std::size_t target_word(std::string_view keyword) {
  if (keyword == "server") return 2;
  return keyword == "server-template" ? 3 : 0;
}

Result<> check_targets(const Section& section, const IsOwnApi& is_own_api) {
  return is_own_api ? TargetChecker(section, is_own_api).check() : Result<>{};
}

}  // namespace dfp::haproxy::config
