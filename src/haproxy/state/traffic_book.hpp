#pragma once
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "haproxy/runtime/traffic.hpp"

namespace dfp::haproxy {

/// The traffic of services and frontends from its first reading on. Workers count from zero again and a
/// backend serves one service after another; these counts only grow, and each is of one service.
/// Not in it: what an old worker finishes after a reload, and what came between the last reading of a worker
/// and its end.
class TrafficBook {
 public:
  /// The service in a backend of the worker; nullopt where there is none.
  using Owner = std::function<std::optional<std::string>(const std::string& backend)>;

  /// A reading of everything begins: what take_some() says until its end is newer.
  void begin_reading() { newer_.clear(); }
  /// Everything that a worker counted then. Services that are not among `owner_of`'s any more are
  /// forgotten. The first reading ever counts as nothing: an adopted worker's backends may have served
  /// others.
  /// @param worker tells one worker from another. Costs about 1 us for each frontend and backend
  void take_all(std::uint64_t worker, const std::vector<runtime::TrafficStat>& stats, const Owner& owner_of);
  /// Some backends at a moment when they change hands.
  void take_some(std::uint64_t worker, const std::vector<runtime::TrafficStat>& stats, const Owner& owner_of);

  const std::map<std::string, runtime::Traffic>& services() const { return services_; }
  const std::map<std::string, runtime::Traffic>& frontends() const { return frontends_; }

 private:
  using Key = std::pair<bool, std::string>;  // whether it is a frontend, its name
  struct Seen {
    runtime::Traffic traffic;
    std::string owner;  // empty: none
  };
  void begin(std::uint64_t worker);
  runtime::Traffic* count(const runtime::TrafficStat& stat, const Owner& owner_of);

  std::optional<std::uint64_t> worker_;
  bool first_ = true;  // nothing is counted
  std::map<Key, Seen> seen_;
  std::set<std::string> newer_;  // backends read since begin_reading()
  std::map<std::string, runtime::Traffic> services_;
  std::map<std::string, runtime::Traffic> frontends_;
};

}  // namespace dfp::haproxy
