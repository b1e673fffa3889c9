#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "haproxy/config/settings.hpp"
#include "haproxy/config/template/sections.hpp"

/// Where sections of templates make HAProxy connect to.
namespace dfp::haproxy::config {

/// What a server line names: "10.0.0.1:80", "[::1]:80", "ipv4@name:80", ":80", "10.0.0.1".
/// Source: configuration manual 2.6, section 5.2, "server", and chapter 11, "Address formats".
struct Target {
  std::string host;  ///< an address as the kernel writes it, or a name in lower case; "" for all addresses
  std::optional<std::uint16_t> port;  ///< nothing: the one a client connects to, or an offset from it

  /// Whether it is the address that a client connected to.
  bool is_clients_address() const { return host.empty() || host == "0.0.0.0" || host == "::"; }
  /// Whether a DNS record tells address and port.
  bool is_service_record() const { return host.starts_with('_'); }

  bool operator==(const Target&) const = default;
};
Target parse_target(std::string_view text);

/// The word of a line of this keyword that is a Target; 0: none.
std::size_t target_word(std::string_view keyword);

/// Whether no request and no check of a section can reach the program's own API, as far as the text says:
/// what names of others mean is not known here. Where a check has an address or a port of its own, each of
/// them is taken together with each of the servers'.
/// @return InvalidArgument with the line.
Result<> check_targets(const Section& section, const IsOwnApi& is_own_api);

}  // namespace dfp::haproxy::config
