#include "haproxy/config/route_index.hpp"

#include <algorithm>
#include <iterator>

namespace dfp::haproxy::config {
namespace {

RouteIndex::Pattern rank_of(const model::Route& route) {
  return {route.order, route.service, route.type, route.path, route.host};
}

std::size_t common_prefix(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

std::optional<std::string> copy(const std::string* text) {
  return text ? std::optional(*text) : std::nullopt;
}

}  // namespace

model::Route RouteIndex::route_of(const Pattern& pattern) {
  const auto& [order, service, type, path, host] = pattern;
  return {host, type, path, order, service};
}

RouteIndex::KeyChange RouteIndex::before(const std::string& key) const {
  return {key, copy(winner(key)), std::nullopt, copy(lookup(key)), std::nullopt};
}

/// @param by 1, or its negation modulo 2^n
void RouteIndex::count(const model::Route& route, std::size_t by) {
  depths_[std::min(wildcard_depth(route.host), kMaxWildcardDepth)] += by;
  if (model::is_well_known(route)) well_known_ += by;
}

void RouteIndex::insert(const model::Route& route) {
  count(route, 1);
  if (is_pattern(route.type)) {
    patterns_.insert(rank_of(route));
    return;
  }
  auto& claims = keys_[config::route_key(route)];
  Claim claim{route.order, route.service};
  claims.insert(std::ranges::upper_bound(claims, claim), std::move(claim));
}

void RouteIndex::erase(const model::Route& route) {
  count(route, std::size_t{0} - 1);
  if (is_pattern(route.type)) {
    patterns_.erase(rank_of(route));
    return;
  }
  auto found = keys_.find(config::route_key(route));
  if (found == keys_.end()) return;
  std::erase(found->second, Claim{route.order, route.service});
  if (found->second.empty()) keys_.erase(found);
}

RouteIndex::Delta RouteIndex::replace(const std::vector<model::Route>& gone,
                                      const std::vector<model::Route>& added) {
  std::vector<model::Route> to_erase;
  std::vector<model::Route> to_insert;
  std::ranges::set_difference(gone, added, std::back_inserter(to_erase));
  std::ranges::set_difference(added, gone, std::back_inserter(to_insert));
  Delta delta;
  delta.flags_before = flags();
  std::map<std::string, KeyChange> touched;
  auto note = [&](const model::Route& route, std::vector<Pattern>& patterns) {
    if (is_pattern(route.type)) return patterns.push_back(rank_of(route));
    auto key = config::route_key(route);
    if (!touched.contains(key)) touched.emplace(key, before(key));
  };
  for (const auto& route : to_erase) note(route, delta.patterns_gone);
  for (const auto& route : to_insert) note(route, delta.patterns_added);
  for (const auto& route : to_erase) erase(route);
  for (const auto& route : to_insert) insert(route);
  for (auto& [key, change] : touched) {
    change.after = copy(winner(key));
    change.sees_after = copy(lookup(key));
    if (change.before != change.after) delta.keys.push_back(std::move(change));
  }
  return delta;
}

const std::string* RouteIndex::winner(std::string_view key) const {
  auto found = keys_.find(key);
  return found == keys_.end() ? nullptr : &found->second.front().service;
}

const std::string* RouteIndex::lookup(std::string_view subject) const {
  while (!subject.empty()) {
    auto after = keys_.upper_bound(subject);
    if (after == keys_.begin()) return nullptr;
    const auto& [key, claims] = *std::prev(after);
    if (subject.starts_with(key)) return &claims.front().service;
    // Every key that is a prefix of the subject also is one of what the subject shares with its predecessor.
    subject = subject.substr(0, common_prefix(subject, key));
  }
  return nullptr;
}

std::string RouteIndex::flags() const {
  std::string flags;
  for (unsigned depth = 1; depth <= kMaxWildcardDepth; ++depth)
    if (depths_[depth] > 0) flags += flag_of_depth(depth);
  if (!patterns_.empty()) flags += 'p';
  if (well_known_ > 0) flags += kWellKnownFlag;
  return flags;
}

Lookups RouteIndex::lookups() const {
  Lookups lookups{0, well_known_ > 0};
  for (unsigned depth = kMaxWildcardDepth; depth > 0 && lookups.wildcard_depth == 0; --depth)
    if (depths_[depth] > 0) lookups.wildcard_depth = depth;
  return lookups;
}

}  // namespace dfp::haproxy::config
