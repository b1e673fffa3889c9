#include "haproxy/config/bind_ports.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <optional>

#include "base/parse.hpp"
#include "base/text.hpp"
#include "haproxy/config/writer.hpp"

namespace dfp::haproxy::config {
namespace {

struct Range {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
};

/// "80", "8080-8090".
std::optional<Range> parse_range(std::string_view text) {
  auto dash = text.find('-');
  auto first = parse::number(text.substr(0, dash), 1, 65535);
  auto last = dash == std::string_view::npos ? first : parse::number(text.substr(dash + 1), 1, 65535);
  if (!first || !last || *last < *first) return std::nullopt;
  return Range{static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last)};
}

/// "" and "*" are all IPv4 addresses; "ipv6@" and "ipv6@*" all IPv6 ones.
BindAddress parse_address(std::string_view text) {
  BindAddress address;
  bool v6 = false;
  if (auto at = text.find('@'); at != std::string_view::npos) {
    auto family = text.substr(0, at);
    address.udp = family.starts_with("quic") || family.starts_with("udp");
    v6 = family.ends_with('6');
    text.remove_prefix(at + 1);
  }
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  bool all = text.empty() || text == "*";
  address.address = all ? (v6 ? "::" : "*") : canonical_address(std::string(text));
  return address;
}

}  // namespace

std::string canonical_address(const std::string& address) {
  if (address == "localhost") return "127.0.0.1";
  in6_addr bytes{};
  char text[INET6_ADDRSTRLEN] = "";
  for (int family : {AF_INET, AF_INET6})
    if (::inet_pton(family, address.c_str(), &bytes) == 1) ::inet_ntop(family, &bytes, text, sizeof text);
  if (*text == '\0' || std::string_view(text) == "0.0.0.0") return *text == '\0' ? address : "*";
  return text;
}

Result<std::vector<BindAddress>> addresses_of(const Line& line) {
  std::vector<BindAddress> all;
  for (std::string_view text : text::split(line.word(1), ',')) {
    auto colon = text.rfind(':');
    auto range = colon == std::string_view::npos ? std::nullopt : parse_range(text.substr(colon + 1));
    if (!range) return refuse_line(line, "bind needs ADDRESS:PORT with a port from 1 to 65535");
    auto address = parse_address(text.substr(0, colon));
    if (address.address != "*" && !is_ip_address(address.address))
      return refuse_line(line,
                         "bind needs an IP address, * or localhost, not a name: what it means may change");
    if (all.size() + (range->last - range->first) >= kMaxBindPorts)
      return refuse_line(line, fmt::format("a bind line may name at most {} ports", kMaxBindPorts));
    for (int port = range->first; port <= range->last; ++port) {
      address.port = static_cast<std::uint16_t>(port);
      all.push_back(address);
    }
  }
  return all;
}

Result<std::set<std::uint16_t>> ports_of(const Line& line) {
  auto addresses = addresses_of(line);
  if (!addresses) return std::unexpected(addresses.error());
  std::set<std::uint16_t> ports;
  for (const auto& address : *addresses) ports.insert(address.port);
  return ports;
}

}  // namespace dfp::haproxy::config
