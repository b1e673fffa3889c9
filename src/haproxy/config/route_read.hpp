#pragma once
#include <optional>
#include <string_view>

#include "model/route_table.hpp"

/// The way back from HAProxy's maps to routes (route_key.hpp is the way there): what a worker of an earlier
/// life serves is read from its maps where nothing else says it. Order and service of the routes are left
/// empty. Pure.
namespace dfp::haproxy::config {

/// Of a key of routes.map. @return std::nullopt for what is none of ours.
std::optional<model::Route> read_route_key(std::string_view key);

/// Of a key of patterns.map. @param committed which half of a change that is under way counts
/// @return a route whose key is the same again; std::nullopt for the other half, and for what is none of
/// ours.
std::optional<model::Route> read_pattern_key(std::string_view key, bool committed);

}  // namespace dfp::haproxy::config
