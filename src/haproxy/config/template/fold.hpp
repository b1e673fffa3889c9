#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "haproxy/config/bind_ports.hpp"
#include "haproxy/config/settings.hpp"
#include "haproxy/config/template/named_servers.hpp"
#include "haproxy/config/template/permission.hpp"

namespace dfp::haproxy::config {

/// A line for haproxy.cfg and the line of the rendered template it comes from.
struct FragmentLine {
  std::string text;
  std::size_t number = 0;

  bool operator==(const FragmentLine&) const = default;
};

/// A port that a template makes HAProxy listen on.
struct FragmentBind {
  BindAddress bind;
  FragmentLine line;  ///< as written

  bool operator==(const FragmentBind&) const = default;
};

/// A server under a host name, at a port that the proxy itself has somewhere.
struct FragmentServer {
  std::string host;
  std::uint16_t port = 0;
  std::size_t line = 0;

  bool operator==(const FragmentServer&) const = default;
};

/// What the rendered template of one service contributes to haproxy.cfg. Made by `fold` only.
///
/// Two frontends on one port would take each other's connections, so a frontend that binds a port of the
/// proxy becomes rules of `frontend dfp:services`; everything else stays a section of its own.
struct Fragment {
  std::vector<FragmentLine> rules;       ///< acl, http-request and such, in order
  std::vector<FragmentLine> redirects;   ///< HAProxy evaluates them after `rules`
  std::vector<FragmentLine> choices;     ///< use_backend; HAProxy evaluates them after both
  std::optional<FragmentLine> fallback;  ///< default_backend: for requests that no service claims
  std::vector<FragmentLine> sections;
  std::vector<NamedServer> named_servers;      ///< of the sections; what their lines lack is their address
  std::map<std::string, std::size_t> names;    ///< of the sections, with their lines
  std::map<std::uint16_t, std::size_t> ports;  ///< that its own frontends bind
  std::vector<FragmentBind> binds;             ///< the same with their addresses
  std::vector<FragmentServer>
      doubtful_servers;               ///< that may be the proxy's API: their names must be looked up
  std::vector<FragmentLine> ignored;  ///< what the shared frontend decides for all services

  bool operator==(const Fragment&) const = default;
};

struct FoldSettings {
  std::set<std::uint16_t> own_ports;  ///< of `frontend dfp:services`; 80 and 443 always count as such
  std::map<std::uint16_t, std::string>
      reserved_ports;        ///< bound by other parts of the proxy; what they are: "the API (--api)"
  Allowed allowed;           ///< see permission.hpp
  IsOwnApi is_own_api = {};  ///< where no server may be
};

/// Makes a fragment of the rendered template of a service. Pure.
/// Lines before the first section header are lines of a frontend on the proxy's own ports.
/// @return InvalidArgument with line and reason.
Result<Fragment> fold(std::string_view service, std::string_view rendered, const FoldSettings& settings);

}  // namespace dfp::haproxy::config
