#include "haproxy/state/script.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include "haproxy/config/route_key.hpp"
#include "haproxy/runtime/commands.hpp"

namespace dfp::haproxy {
namespace {

using config::Backend;
using config::RouteIndex;
using config::Server;
using runtime::MapEntry;

/// A key of routes.map or backends.map whose value changes under the eyes of clients.
struct VisibleKey {
  std::string_view map;
  std::string key;
  std::optional<std::string> before;  ///< as it stands in the map
  std::optional<std::string> after;
  std::string sees_before;  ///< what a lookup gives; "-": nothing
  std::string sees_after;
};

const Server* find(const std::vector<Server>& servers, const std::string& name) {
  auto found = std::ranges::find(servers, name, &Server::name);
  return found == servers.end() ? nullptr : &*found;
}

std::string change_of(const VisibleKey& key, const std::optional<std::string>& from,
                      const std::optional<std::string>& to) {
  if (!to) return runtime::del_map(key.map, key.key);
  return from ? runtime::set_map(key.map, key.key, *to) : runtime::add_map(key.map, key.key, *to);
}

class ScriptBuilder {
 public:
  ScriptBuilder(const AppliedState& applied_state, const Transition& transition, BackendPool& backend_pool,
                const Settings& settings)
      : applied_state_(applied_state),
        transition_(transition),
        backend_pool_(backend_pool),
        settings_(settings) {}

  Result<Script> build() {
    for (const auto& service : transition_.services)
      for (const auto& change : service.backends)
        if (!add_backend(change)) {
          for (const auto& backend : script_.taken) backend_pool_.give_back(backend);
          return fail(Errc::Unavailable, "no spare backend is left");
        }
    for (const auto& key : transition_.routes.keys)
      keys_.push_back({config::kRoutesMap, key.key, key.before, key.after, key.sees_before.value_or("-"),
                       key.sees_after.value_or("-")});
    add_lookups();
    return std::move(script_);
  }

 private:
  bool add_backend(const BackendChange& change) {
    auto* present = backend_pool_.backend_of(change.destination);
    auto* before = change.before && present ? &*change.before : nullptr;
    if (!change.after) {
      if (before) retire(change.destination, *before, *present);
      return true;
    }
    const auto& after = *change.after;
    if (before && !needs_backend(before, &after)) {
      change_servers(*present, *before, after);
      return true;
    }
    auto backend = backend_pool_.take(after);
    if (!backend) return false;
    script_.taken.push_back(*backend);
    if (backend_pool_.is_unborn(*backend)) make_backend(script_.prepare, *backend, after.profile());
    if (backend_pool_.grows()) open_backend(script_.prepare, *backend);
    script_.bind.emplace_back(change.destination, *backend);
    for (const auto& entry : after.policies)
      script_.prepare.push_back({runtime::add_map(entry.map, *backend + entry.key, entry.value)});
    for (const auto& server : after.servers) add(*backend, server, after);
    if (before) {
      keys_.push_back({config::kBackendsMap, change.destination, *present, *backend, *present, *backend});
      leave_all(*before, *present);
    } else {
      script_.prepare.push_back({runtime::add_map(config::kBackendsMap, change.destination, *backend)});
    }
    return true;
  }

  void retire(const std::string& destination, const Backend& before, const std::string& backend) {
    script_.unbind.push_back(destination);
    leave_all(before, backend);
    last_.push_back({runtime::del_map(config::kBackendsMap, destination)});
  }

  void leave_all(const Backend& before, const std::string& backend) {
    for (const auto& entry : before.policies)
      last_.push_back({runtime::del_map(entry.map, backend + entry.key)});
    for (const auto& server : before.servers) script_.leave.push_back({backend, server.name});
    script_.give_back.push_back(backend);
  }

  void change_servers(const std::string& backend, const Backend& before, const Backend& after) {
    for (const auto& server : after.servers) {
      auto* old = find(before.servers, server.name);
      if (!old) add(backend, server, after);
      if (old && old->weight != server.weight)
        script_.settle.push_back({runtime::set_server_weight(backend, server.name, server.weight)});
    }
    for (const auto& server : before.servers) {
      if (find(after.servers, server.name)) continue;
      script_.settle.push_back({runtime::set_server_state(backend, server.name, "maint")});
      script_.leave.push_back({backend, server.name});
    }
  }

  void add(const std::string& backend, const Server& server, const Backend& wanted) {
    if (backend_pool_.leaving().contains(backend, server.name)) {
      revive_server(script_.prepare, backend, server, wanted.check);
      script_.revived.push_back({backend, server.name});
    } else {
      add_server(script_.prepare, backend, server, wanted,
                 {settings_.checks, applied_state_.check_interval()});
    }
  }

  /// Chooses how the keys become visible.
  void add_lookups() {
    const auto& before = transition_.routes.flags_before;
    auto after = applied_state_.routes().flags();
    auto both = joined_flags(before, after);
    set_flags(script_.prepare, before, both);
    bool patterns = transition_.routes.patterns();
    auto now = both;
    if (keys_.size() == 1 && !patterns) {
      script_.commit.push_back({change_of(keys_[0], keys_[0].before, keys_[0].after)});
    } else if (keys_.empty() && patterns) {
      script_.commit.push_back({"", Command::Answer::Nothing, pattern_entries(applied_state_.routes())});
    } else if (!keys_.empty()) {
      add_transaction(patterns, both);
      now = committed(both);
    }
    set_flags(last_, now, after);
    std::ranges::move(last_, std::back_inserter(script_.cleanup));
  }

  void add_transaction(bool patterns, const std::string& flags) {
    for (const auto& key : keys_) {
      auto pending = std::optional(key.sees_before + "|" + key.sees_after);
      script_.prepare.push_back({change_of(key, key.before, pending)});
      script_.cleanup.push_back({change_of(key, pending, key.after)});
    }
    if (patterns) {
      script_.prepare.push_back({"", Command::Answer::Nothing, two_sided_patterns()});
      script_.cleanup.push_back({"", Command::Answer::Nothing, pattern_entries(applied_state_.routes())});
    }
    set_flags(script_.commit, flags, committed(flags));
  }

  /// Old and new patterns in one list, each for its side of the commit.
  std::vector<MapEntry> two_sided_patterns() const {
    const auto& gone = transition_.routes.patterns_gone;
    const auto& added = transition_.routes.patterns_added;
    std::set<RouteIndex::Pattern> all = applied_state_.routes().patterns();
    all.insert(gone.begin(), gone.end());
    std::set<RouteIndex::Pattern> fresh(added.begin(), added.end());
    std::vector<MapEntry> entries;
    for (const auto& pattern : all) {
      auto route = RouteIndex::route_of(pattern);
      auto side = !applied_state_.routes().patterns().contains(pattern) ? config::Side::Before
                  : fresh.contains(pattern)                             ? config::Side::After
                                                                        : config::Side::Both;
      entries.push_back({config::pattern_key(route, side), route.service});
    }
    return entries;
  }

  const AppliedState& applied_state_;
  const Transition& transition_;
  BackendPool& backend_pool_;
  const Settings& settings_;
  std::vector<VisibleKey> keys_;
  Commands last_;  // of the cleanup
  Script script_;
};

}  // namespace

Result<Script> make_script(const AppliedState& applied_state, const Transition& transition,
                           BackendPool& backend_pool, const Settings& settings) {
  return ScriptBuilder(applied_state, transition, backend_pool, settings).build();
}

void make_backend(Commands& commands, const std::string& backend, config::Profile profile) {
  commands.push_back(
      {runtime::add_backend(backend, config::defaults_of(profile)), Command::Answer::Anything});
}

void open_backend(Commands& commands, const std::string& backend) {
  commands.push_back({runtime::publish_backend(backend), Command::Answer::BackendPublished});
}

void add_server(Commands& commands, const std::string& backend, const Server& server, const Backend& wanted,
                const Probing& probing) {
  auto arguments = config::server_arguments(wanted, server, probing.checks, probing.interval);
  auto text = runtime::add_server(backend, server.name, arguments.value_or(""));
  commands.push_back({std::move(text), Command::Answer::ServerAdded});
  // In this order it starts like a server of the file: up until a check fails. (The argument "enabled" of 2.6
  // sets the state but leaves the server out of the balancing.)
  if (wanted.check) commands.push_back({runtime::enable_health(backend, server.name)});
  commands.push_back({runtime::enable_server(backend, server.name)});
}

void revive_server(Commands& commands, const std::string& backend, const Server& server, bool check) {
  commands.push_back({runtime::set_server_weight(backend, server.name, server.weight)});
  commands.push_back({runtime::set_server_state(backend, server.name, "ready")});
  if (check) commands.push_back({runtime::enable_health(backend, server.name)});
}

void set_flags(Commands& commands, const std::string& from, const std::string& to) {
  if (from == to) return;
  if (to.empty())
    commands.push_back({runtime::del_map(config::kFlagsMap, config::kFlagsKey)});
  else if (from.empty())
    commands.push_back({runtime::add_map(config::kFlagsMap, config::kFlagsKey, to)});
  else
    commands.push_back({runtime::set_map(config::kFlagsMap, config::kFlagsKey, to)});
}

std::vector<MapEntry> pattern_entries(const RouteIndex& routes) {
  std::vector<MapEntry> entries;
  for (const auto& pattern : routes.patterns()) {
    auto route = RouteIndex::route_of(pattern);
    entries.push_back({config::pattern_key(route), route.service});
  }
  return entries;
}

std::string committed(const std::string& flags) { return joined_flags(flags, std::string(1, kCommitted)); }

std::string joined_flags(const std::string& a, const std::string& b) {
  std::set<char> letters(a.begin(), a.end());
  letters.insert(b.begin(), b.end());
  return {letters.begin(), letters.end()};
}

}  // namespace dfp::haproxy
