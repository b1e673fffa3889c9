#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "haproxy/config/template/sections.hpp"

/// Servers of templates that stand under host names. HAProxy would look each of them up while it reads its
/// configuration, one after the other, and serve nobody until the name server has answered or half a minute
/// is over. So the proxy looks them up, and HAProxy is given addresses.
/// Source: configuration manual 2.6, section 5.2, "init-addr".
namespace dfp::haproxy::config {

/// A server line whose name HAProxy would look up at its start.
struct NamedServer {
  std::string section;
  std::string name;                  ///< of the server; of a server-template what precedes the number
  std::vector<std::string> servers;  ///< as HAProxy names them: one, or those of a server-template
  std::string host;
  std::optional<std::uint16_t> port;  ///< nothing: it depends on the client
  std::size_t line = 0;               ///< of the template
  std::size_t place = 0;              ///< in Fragment::sections
  std::string fallback;               ///< address that the template gives for a name that is not known
  bool followed = true;               ///< by the proxy; false: by HAProxy, with the template's `resolvers`

  bool operator==(const NamedServer&) const = default;
};

/// nullopt for a line of another kind, a literal address, an SRV record (which only resolvers can read), and
/// where the template's own init-addr asks for no look-up. Its `place` is the caller's to fill in.
std::optional<NamedServer> named_server(const Section& section, const Line& line);

/// What comes behind such a line. The last init-addr of a line holds, and replaces an earlier one whole.
/// @param address nothing: the server has none until it is known
std::string initial_address(const NamedServer& server, const std::optional<std::string>& address);

}  // namespace dfp::haproxy::config
