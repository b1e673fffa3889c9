#pragma once
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "haproxy/config/lookups.hpp"
#include "haproxy/config/route_key.hpp"
#include "model/route_table.hpp"

namespace dfp::haproxy::config {

/// The routes of all services as HAProxy's maps hold them, kept up to date in time proportional to a change.
class RouteIndex {
 public:
  /// A key of routes.map whose service is another one now; nullopt: the key is not there. `sees_…` is what
  /// `map_beg` gave and gives for a subject that is exactly this key: the service of a shorter key when the
  /// key itself is not there.
  struct KeyChange {
    std::string key;
    std::optional<std::string> before;
    std::optional<std::string> after;
    std::optional<std::string> sees_before;
    std::optional<std::string> sees_after;

    bool operator==(const KeyChange&) const = default;
  };

  /// Rank among the patterns of one host: aclName, service, kind, path (the order of model::find_route).
  using Pattern = std::tuple<std::string, std::string, model::PathType, std::string, std::string>;
  static model::Route route_of(const Pattern& pattern);

  /// What a replacement did.
  struct Delta {
    std::vector<KeyChange> keys;  ///< sorted by key
    std::vector<Pattern> patterns_gone;
    std::vector<Pattern> patterns_added;
    std::string flags_before;

    bool patterns() const { return !patterns_gone.empty() || !patterns_added.empty(); }
  };

  /// Takes routes away and adds others; both sorted. Undone by the call with both swapped.
  Delta replace(const std::vector<model::Route>& gone, const std::vector<model::Route>& added);

  /// The service that holds exactly this key.
  const std::string* winner(std::string_view key) const;
  /// What `map_beg` finds: the service of the longest key that is a prefix of `subject`.
  const std::string* lookup(std::string_view subject) const;

  /// All keys of routes.map with their services.
  template <class Visitor>
  void for_each_key(Visitor visit) const {
    for (const auto& [key, claims] : keys_) visit(key, claims.front().service);
  }
  std::size_t key_count() const { return keys_.size(); }
  /// In the order of patterns.map.
  const std::set<Pattern>& patterns() const { return patterns_; }

  /// Tells the frontend which lookups can be skipped: one digit or capital letter per wildcard depth in use,
  /// then 'p' when there are patterns, 'w' when there are routes below /.well-known. "" when there is nothing
  /// but plain routes.
  std::string flags() const;
  /// What the frontend must look up for these routes.
  Lookups lookups() const;

 private:
  struct Claim {
    std::string order;
    std::string service;
    auto operator<=>(const Claim&) const = default;
  };
  void count(const model::Route& route, std::size_t by);
  void insert(const model::Route& route);
  void erase(const model::Route& route);
  KeyChange before(const std::string& key) const;

  std::map<std::string, std::vector<Claim>, std::less<>> keys_;  // claims sorted: the first wins
  std::set<Pattern> patterns_;
  std::array<std::size_t, kMaxWildcardDepth + 1> depths_{};  // wildcard routes by depth
  std::size_t well_known_ = 0;                               // routes
};

}  // namespace dfp::haproxy::config
