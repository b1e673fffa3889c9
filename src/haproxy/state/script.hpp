#pragma once
#include <optional>
#include <string>
#include <vector>

#include "haproxy/runtime/command.hpp"
#include "haproxy/state/applied_state.hpp"
#include "haproxy/state/backend_pool.hpp"

namespace dfp::haproxy {
using runtime::Command, runtime::Commands;

/// A change as runtime commands, in stages. Clients see the change at once and as a whole, in `commit`:
///
/// A single key of a map is changed by one command. When several keys change, `prepare` gives each of them
/// the value "before|after" (a half that is "-" or the service of a shorter key stands for a key that is not
/// there); requests read the first half. `commit` sets the letter 'c' in flags.map, one command: requests now
/// read the last half, of all keys of all maps. `cleanup` writes plain values and takes the letter away.
struct Script {
  Commands prepare;  ///< servers and map entries that no request can reach yet
  Commands commit;   ///< at most one command
  Commands settle;   ///< weights, and maintenance for servers that are no longer wanted
  Commands cleanup;  ///< may wait: clients do not see it

  // What it means for the backend pool. Backends have been taken already.
  std::vector<std::string> taken;
  std::vector<std::pair<std::string, std::string>> bind;  ///< destination, backend
  std::vector<std::string> unbind;                        ///< destinations
  std::vector<std::string> give_back;                     ///< backends
  std::vector<LeavingServers::Leaving> leave;             ///< to be deleted once their connections have ended
  std::vector<LeavingServers::Leaving> revived;           ///< were leaving, serve again
};

/// The applied state after `transition`, which came about just now, as commands for a worker that serves what
/// was before.
/// @return Unavailable when no backend is free; then nothing is taken.
Result<Script> make_script(const AppliedState& applied_state, const Transition& transition,
                           BackendPool& backend_pool, const Settings& settings);

// Parts that repairs use too.

/// Makes a backend for services (HAProxy 3.4 and later), or finds that it is there.
void make_backend(Commands& commands, const std::string& backend, config::Profile profile);
/// Requests may be sent to it; it was perhaps not published.
void open_backend(Commands& commands, const std::string& backend);

/// How often HAProxy checks: AppliedState::check_interval().
struct Probing {
  const Checks& checks;
  std::chrono::milliseconds interval;
};

/// Adds a server of `wanted` and starts its checks.
void add_server(Commands& commands, const std::string& backend, const config::Server& server,
                const config::Backend& wanted, const Probing& probing);
/// Lets a server that was in maintenance serve again.
void revive_server(Commands& commands, const std::string& backend, const config::Server& server, bool check);
/// Changes the value in flags.map.
void set_flags(Commands& commands, const std::string& from, const std::string& to);
/// All entries of patterns.map, plain.
std::vector<runtime::MapEntry> pattern_entries(const config::RouteIndex& routes);
/// The letters of both, sorted.
std::string joined_flags(const std::string& a, const std::string& b);

inline constexpr char kCommitted = 'c';  ///< in flags.map
/// The flags with that letter.
std::string committed(const std::string& flags);

}  // namespace dfp::haproxy
