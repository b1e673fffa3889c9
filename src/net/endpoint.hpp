#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace dfp::net {

/// How to reach or offer a server.
struct Endpoint {
  enum class Kind { Tcp, Tls, Unix };
  Kind kind = Kind::Tcp;
  std::string host;        ///< name or address, without brackets; for Unix the socket's path
  std::uint16_t port = 0;  ///< unused for Unix

  bool operator==(const Endpoint&) const = default;
  /// "http://host:port", "https://host:port", "unix:///path".
  std::string url() const;
  /// "host:port", "[::1]:port"; the path of a Unix socket.
  std::string address() const;
};

/// Accepts "host:port", "http://host:port", "https://host:port", "tcp://host:port", "unix:///path"; IPv6 in
/// brackets. A missing port takes `default_port`; 0 means that the port is mandatory.
Result<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port = 0);

/// A listening address "ADDR:PORT": "*:80" and ":80" mean every address (IPv4 and IPv6), "[::1]:8080",
/// "127.0.0.1:0".
struct ListenAddress {
  std::string host;  ///< literal address, or empty for every address
  std::uint16_t port = 0;

  bool operator==(const ListenAddress&) const = default;
  std::string text() const;
};
Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace dfp::net
