#include "net/endpoint.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.hpp"

namespace dfp::net {
namespace {

struct HostPort {
  std::string_view host;
  std::optional<std::string_view> port;
  bool bracketed = false;
};

std::string bracketed(std::string_view host) {
  return host.contains(':') ? fmt::format("[{}]", host) : std::string(host);
}

bool is_address(int family, std::string_view host) {
  unsigned char buffer[sizeof(in6_addr)];
  return ::inet_pton(family, std::string(host).c_str(), buffer) == 1;
}

/// An IPv6 address may carry a zone ("fe80::1%eth0").
bool is_ipv6(std::string_view host) { return is_address(AF_INET6, host.substr(0, host.find('%'))); }

bool is_host_char(char c) {
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '.' ||
         c == '_';
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

/// "host:port", "[v6]:port", "host"; nothing is decided about the parts' validity.
std::optional<HostPort> split_host_port(std::string_view text) {
  HostPort parts;
  if (text.starts_with('[')) {
    auto close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    parts.host = text.substr(1, close - 1);
    parts.bracketed = true;
    text.remove_prefix(close + 1);
    if (!text.empty() && text[0] != ':') return std::nullopt;
  } else {
    auto colon = text.find(':');
    parts.host = text.substr(0, colon);
    text = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
  }
  if (!text.empty()) parts.port = text.substr(1);
  return parts;
}

auto bad_endpoint(std::string_view text, std::string_view why) {
  return fail(Errc::InvalidArgument,
              fmt::format("endpoint {}: {}; expected HOST:PORT, http://HOST:PORT, https://HOST:PORT, "
                          "tcp://HOST:PORT or unix:///PATH",
                          text::shown(text), why));
}

Result<Endpoint> parse_unix(std::string_view text, std::string_view path) {
  constexpr std::size_t kMaxPath = 107;  // sockaddr_un::sun_path without its final NUL
  if (!path.starts_with('/') || path.contains('\0'))
    return bad_endpoint(text, "the socket's path is not absolute");
  if (path.size() > kMaxPath) return bad_endpoint(text, "the socket's path is longer than 107 bytes");
  return Endpoint{Endpoint::Kind::Unix, std::string(path), 0};
}

auto bad_listen(std::string_view text, std::string_view why) {
  return fail(Errc::InvalidArgument,
              fmt::format("listening address {}: {}; expected ADDRESS:PORT, *:PORT or [V6]:PORT",
                          text::shown(text), why));
}

}  // namespace

std::string Endpoint::url() const {
  if (kind == Kind::Unix) return "unix://" + host;
  return fmt::format("{}://{}", kind == Kind::Tls ? "https" : "http", address());
}

std::string Endpoint::address() const {
  return kind == Kind::Unix ? host : fmt::format("{}:{}", bracketed(host), port);
}

Result<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port) {
  auto kind = Endpoint::Kind::Tcp;
  auto rest = text;
  if (auto scheme_end = text.find("://"); scheme_end != std::string_view::npos) {
    auto scheme = text.substr(0, scheme_end);
    rest = text.substr(scheme_end + 3);
    if (scheme == "unix") return parse_unix(text, rest);
    if (scheme == "https") kind = Endpoint::Kind::Tls;
    if (scheme != "https" && scheme != "http" && scheme != "tcp") return bad_endpoint(text, "unknown scheme");
    if (rest.ends_with('/')) rest.remove_suffix(1);
  }
  auto parts = split_host_port(rest);
  if (!parts) return bad_endpoint(text, "unbalanced brackets");
  if (parts->host.empty()) return bad_endpoint(text, "the host is missing");
  bool good_host = parts->bracketed ? is_ipv6(parts->host) : std::ranges::all_of(parts->host, is_host_char);
  if (!good_host) return bad_endpoint(text, fmt::format("{} is not a host", text::shown(parts->host)));
  auto port = parts->port ? parse_port(*parts->port) : std::optional(default_port);
  if (!parts->port && default_port == 0) return bad_endpoint(text, "the port is missing");
  if (!port || *port == 0) return bad_endpoint(text, "the port is not in [1, 65535]");
  return Endpoint{kind, std::string(parts->host), *port};
}

std::string ListenAddress::text() const {
  return fmt::format("{}:{}", host.empty() ? "*" : bracketed(host), port);
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
  auto parts = split_host_port(text);
  if (!parts) return bad_listen(text, "unbalanced brackets");
  if (!parts->port) return bad_listen(text, "the port is missing");
  auto port = parse_port(*parts->port);
  if (!port) return bad_listen(text, "the port is not in [0, 65535]");
  bool any = !parts->bracketed && (parts->host.empty() || parts->host == "*");
  if (any) return ListenAddress{"", *port};
  bool good = parts->bracketed ? is_ipv6(parts->host) : is_address(AF_INET, parts->host);
  if (!good) return bad_listen(text, fmt::format("{} is not an IP address", text::shown(parts->host)));
  return ListenAddress{std::string(parts->host), *port};
}

}  // namespace dfp::net
