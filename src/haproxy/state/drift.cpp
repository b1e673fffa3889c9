#include "haproxy/state/drift.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "haproxy/config/hand_over.hpp"
#include "haproxy/config/policy/policies.hpp"
#include "haproxy/config/route_key.hpp"
#include "haproxy/runtime/commands.hpp"

namespace dfp::haproxy {
namespace {

using config::Server;
using runtime::MapEntry;
using runtime::ServerRow;

bool is_pending(const MapEntry& entry) { return entry.value.contains('|'); }
std::string without_commit(std::string flags) {
  std::erase(flags, kCommitted);
  return flags;
}

class Repairer {
 public:
  Repairer(const LiveState& live, const AppliedState& applied_state, const BackendPool& backend_pool,
           const Settings& settings)
      : live_(live),
        applied_state_(applied_state),
        backend_pool_(backend_pool),
        settings_(settings),
        names_(live.backend_names.begin(), live.backend_names.end()) {}

  Repair build(Unfinished unfinished) {
    auto flags = choose_half(unfinished);
    repair_servers();
    Commands unused_policies;
    for (auto map : config::kPolicyMaps) repair_policies(map, unused_policies);
    auto wanted = applied_state_.routes().flags();
    auto both = joined_flags(flags, wanted);
    set_flags(repair_.commands, flags, both);
    Commands unused_backends;
    Commands gone_routes;
    repair_map(config::kBackendsMap, live_.backends, wanted_backends(), unused_backends);
    repair_map(config::kRoutesMap, live_.routes, wanted_routes(), gone_routes);
    append(gone_routes);
    repair_patterns();
    append(unused_backends);
    if (live_.flags != wanted)
      repair_.found.push_back(fmt::format("flags '{}' instead of '{}'", live_.flags, wanted));
    set_flags(repair_.commands, both, wanted);
    append(last_);
    append(unused_policies);
    return std::move(repair_);
  }

 private:
  using Wanted = std::unordered_map<std::string, const std::string*>;

  void append(Commands& commands) {
    std::ranges::move(commands, std::back_inserter(repair_.commands));
    commands.clear();
  }
  void note(std::string what) { repair_.found.push_back(std::move(what)); }

  /// Makes all pending values count as before, or all as after the commit. @return the flags then.
  std::string choose_half(Unfinished unfinished) {
    bool pending =
        std::ranges::any_of(live_.routes, is_pending) || std::ranges::any_of(live_.backends, is_pending);
    if (!pending) return live_.flags;
    auto flags = without_commit(live_.flags);
    if (unfinished == Unfinished::Complete) flags = committed(flags);
    set_flags(repair_.commands, live_.flags, flags);
    return flags;
  }

  Wanted wanted_routes() const {
    Wanted wanted;
    wanted.reserve(applied_state_.routes().key_count());
    applied_state_.routes().for_each_key(
        [&](const auto& key, const auto& service) { wanted.emplace(key, &service); });
    return wanted;
  }

  Wanted wanted_backends() const {
    Wanted wanted;
    for (const auto& [destination, backend] : backend_pool_.all()) wanted.emplace(destination, &backend);
    return wanted;
  }

  /// Before a backend is used, its policies are there.
  void repair_policies(std::string_view map, Commands& deletions) {
    static const std::vector<MapEntry> kNone;
    auto live = live_.policies.find(map);
    Wanted wanted;
    for (const auto& [destination, backend] : backend_pool_.all())
      for (const auto& entry : applied_state_.backends().at(destination).policies)
        if (entry.map == map) wanted.emplace(backend + entry.key, &entry.value);
    repair_map(map, live == live_.policies.end() ? kNone : live->second, std::move(wanted), deletions);
  }

  void repair_map(std::string_view map, const std::vector<MapEntry>& entries, Wanted wanted,
                  Commands& deletions) {
    struct Found {
      int times = 0;
      std::string_view value;
    };
    std::map<std::string_view, Found> present;
    for (const auto& entry : entries) {
      ++present[entry.key].times;
      present[entry.key].value = entry.value;
    }
    for (const auto& [key, found] : present) {
      auto right = wanted.find(std::string(key));
      if (right == wanted.end()) {
        note_entry(map, "has a stray", key);
        deletions.push_back({runtime::del_map(map, key)});
      } else if (found.times > 1) {  // added by hand; a deletion takes all of them
        note_entry(map, "has several times", key);
        repair_.commands.push_back({runtime::del_map(map, key)});
        repair_.commands.push_back({runtime::add_map(map, key, *right->second)});
      } else if (found.value != *right->second) {
        note_entry(map, "has a wrong", key);
        repair_.commands.push_back({runtime::set_map(map, key, *right->second)});
      }
      if (right != wanted.end()) wanted.erase(right);
    }
    for (const auto& [key, value] : wanted) {
      note_entry(map, "lacks", key);
      repair_.commands.push_back({runtime::add_map(map, key, *value)});
    }
  }

  void note_entry(std::string_view map, std::string_view problem, std::string_view key) {
    note(fmt::format("{} {} {}", map, problem, key));
  }

  void repair_patterns() {
    auto wanted = pattern_entries(applied_state_.routes());
    if (wanted == live_.patterns) return;
    note("patterns.map differs");
    repair_.commands.push_back({"", Command::Answer::Nothing, std::move(wanted)});
  }

  void repair_servers() {
    std::unordered_map<std::string_view, std::vector<const ServerRow*>> rows;
    for (const auto& row : live_.servers) rows[row.backend].push_back(&row);
    for (const auto& [destination, backend] : backend_pool_.all()) {
      if (backend_pool_.grows()) repair_existence(backend);
      auto& present = rows[backend];
      repair_backend(backend, applied_state_.backends().at(destination), present);
      present.clear();
    }
    for (const auto& [backend, present] : rows)
      if (!present.empty() && !applied_state_.templates().has_section(backend) &&
          !config::is_hand_over(backend))
        for (auto* row : present) dismiss(*row, false);
  }

  void repair_existence(const std::string& backend) {
    if (names_.contains(backend)) return;
    note(fmt::format("backend {} is missing", backend));
    make_backend(repair_.commands, backend, config::profile_of(backend));
    open_backend(repair_.commands, backend);
  }

  void repair_backend(const std::string& backend, const config::Backend& wanted,
                      std::vector<const ServerRow*>& present) {
    for (const auto& server : wanted.servers) {
      auto found = std::ranges::find_if(present, [&](auto* row) { return row->name == server.name; });
      if (found == present.end()) {
        note(fmt::format("server {}/{} is missing", backend, server.name));
        add_server(repair_.commands, backend, server, wanted,
                   {settings_.checks, applied_state_.check_interval()});
        continue;
      }
      repair_server(server, wanted.check, **found);
      present.erase(found);
    }
    for (auto* row : present) dismiss(*row, true);
  }

  void repair_server(const Server& wanted, bool check, const ServerRow& row) {
    auto say = [&](std::string_view what) {
      note(fmt::format("server {}/{} {}", row.backend, row.name, what));
    };
    if (row.address != wanted.address || row.port != wanted.port) {
      say(fmt::format("has address {}:{}", row.address, row.port));
      repair_.commands.push_back({fmt::format("set server {}/{} addr {} port {}", row.backend, row.name,
                                              wanted.address, wanted.port),
                                  Command::Answer::Anything});
    }
    if (row.weight != wanted.weight) {
      say(fmt::format("has weight {}", row.weight));
      repair_.commands.push_back({runtime::set_server_weight(row.backend, row.name, wanted.weight)});
    }
    if (row.maintenance || row.draining) {
      say(row.maintenance ? "is in maintenance" : "is draining");
      repair_.commands.push_back({runtime::set_server_state(row.backend, row.name, "ready")});
    }
    if (check && !row.checked) {
      say("is not checked");
      repair_.commands.push_back({runtime::enable_health(row.backend, row.name), Command::Answer::Anything});
    }
  }

  /// A server that nobody wants: one that is leaving already, or a stray.
  void dismiss(const ServerRow& row, bool in_use) {
    bool known = backend_pool_.leaving().contains(row.backend, row.name);
    // In a backend that serves it must not get a request more; elsewhere none can reach it, and those that
    // just chose it may finish.
    if (known && (!in_use || row.maintenance)) return;
    note(fmt::format("server {}/{} is {}", row.backend, row.name,
                     known ? "not yet in maintenance" : "a stray"));
    last_.push_back({runtime::set_server_state(row.backend, row.name, "maint")});
    if (!known) repair_.leave.push_back({row.backend, row.name});
  }

  const LiveState& live_;
  const AppliedState& applied_state_;
  const BackendPool& backend_pool_;
  const Settings& settings_;
  std::unordered_set<std::string_view> names_;  // of the live backends
  Commands last_;
  Repair repair_;
};

}  // namespace

Unfinished unfinished_of(const LiveState& live) {
  return live.flags.contains(kCommitted) ? Unfinished::Complete : Unfinished::Undo;
}

Repair make_repair(const LiveState& live, const AppliedState& applied_state, const BackendPool& backend_pool,
                   const Settings& settings, Unfinished unfinished) {
  return Repairer(live, applied_state, backend_pool, settings).build(unfinished);
}

bool adopt_bindings(const LiveState& live, const AppliedState& applied_state, BackendPool& backend_pool) {
  backend_pool.reset(live.backend_names);
  std::unordered_set<std::string_view> names(live.backend_names.begin(), live.backend_names.end());
  bool committed = live.flags.contains(kCommitted);
  for (const auto& entry : live.backends) {
    std::string_view value = entry.value;
    if (auto bar = value.find('|'); bar != std::string_view::npos)
      value = committed ? value.substr(bar + 1) : value.substr(0, bar);
    auto backend = std::string(value);
    auto wanted = applied_state.backends().find(entry.key);
    bool fits =
        wanted != applied_state.backends().end() && config::profile_of(backend) == wanted->second.profile();
    if (names.contains(backend) && fits && !backend_pool.backend_of(entry.key) &&
        !backend_pool.destination_in(backend))
      backend_pool.bind(entry.key, backend);
  }
  for (const auto& [destination, backend] : applied_state.backends()) {
    if (backend_pool.backend_of(destination)) continue;
    auto taken = backend_pool.take(backend);
    if (!taken) return false;
    backend_pool.bind(destination, *taken);
  }
  return true;
}

}  // namespace dfp::haproxy
