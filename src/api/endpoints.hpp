#pragma once
#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "api/scope.hpp"
#include "parameters/values.hpp"

/// What the HTTP API offers: one table from which routing, the help answer, the command line and the
/// reference in docs/ are derived. Plain data; the handlers are in api.cpp.
namespace dfp::api {

enum class Action {
  Reconfigure,
  Remove,
  Services,
  Register,
  Deregister,
  Config,
  Reload,
  Metrics,
  Ping,
  InitialReload,
  Listener,
  Test,
  Help,
};

struct Endpoint {
  Action action;
  std::string_view path;
  std::string_view command = {};  ///< the subcommand that calls it; empty: none
  std::string_view example = {};  ///< arguments of the command
  std::string_view summary;
  std::span<const parameters::ParameterInfo> parameters = {};
  std::array<std::string_view, 2> words = {};  ///< parameters that the command also takes without a flag
  std::span<const std::string_view> required = {};
  std::span<const std::string_view> one_of = {};  ///< at least one of these is required in addition
  bool changes = false;                           ///< something is different after it
  Scope scope = Scope::Read;       ///< what a caller must be allowed, where tokens are asked for
  std::string_view success;        ///< what a 200 says
  std::string_view failures = {};  ///< the other statuses and when they come
};

/// Whether it says how the program is, and so must answer whatever the state of everything else: liveness,
/// readiness, metrics.
constexpr bool is_health(Action action) {
  return action == Action::Ping || action == Action::InitialReload || action == Action::Metrics;
}

/// The methods that make sense for it; OPTIONS, which says just that, is not among them.
/// @param get_mutates whether GET may change things, as the original's users do it
std::vector<std::string_view> allowed_methods(const Endpoint& endpoint, bool get_mutates = true);

std::span<const Endpoint> endpoints();

/// A trailing slash makes no difference. nullptr for an unknown path.
const Endpoint* find_endpoint(std::string_view path);
const Endpoint* find_command(std::string_view command);

}  // namespace dfp::api
