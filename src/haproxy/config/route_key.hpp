#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/route_table.hpp"

/// How routes become keys of HAProxy's maps.
///
/// routes.map is searched with `map_beg` (a tree, longest prefix wins). Its subjects end in '?', which cannot
/// occur in a path, so an exact path is simply a longer key than every prefix of it:
///   example.com/demo    a prefix       example.com/demo?   an exact path
///   example.com*/demo   for *.example.com                  /demo   for any host
/// Routes below /.well-known are looked up first, under keys of their own, with '*' in front.
/// patterns.map is searched with `map_reg`, in rank order. Its subject is SIDE HOST "\n" PATH, where SIDE is
/// '<' before and '>' after the commit of a change that is under way (see change_script.hpp).
namespace dfp::haproxy::config {

/// path_end, path_sub, path_dir and path_reg: not searched in a tree.
bool is_pattern(model::PathType type) noexcept;

/// Number of labels of a wildcard's base: 2 for "*.example.com"; 0 when the host is no wildcard.
unsigned wildcard_depth(std::string_view host) noexcept;

inline constexpr unsigned kMaxWildcardDepth = 35;
/// The letter in flags.map that says that wildcards of this depth exist: '1'-'9', 'A'-'Z'.
constexpr char flag_of_depth(unsigned depth) {
  return static_cast<char>(depth < 10 ? '0' + depth : 'A' + (depth - 10));
}

/// The key of an exact or prefix route in routes.map.
std::string route_key(const model::Route& route);

/// Which side of a commit a pattern belongs to.
enum class Side { Both, Before, After };

/// The regular expression of a pattern route in patterns.map.
std::string pattern_key(const model::Route& route, Side side = Side::Both);

/// Whether HAProxy (PCRE2, as we link it) will accept a path_reg.
/// @return InvalidArgument with PCRE2's message and the offset.
Result<> check_regex(std::string_view pattern);

}  // namespace dfp::haproxy::config
