#pragma once
#include <map>
#include <set>
#include <string>

#include "model/definition.hpp"
#include "model/desired_state.hpp"

namespace dfp::docker::discovery {

/// Orders that wait for each other: "a" wants a route that "b" has, and "b", whose order gives it up, one
/// that "a" has. None of them could be passed on first.
/// @param orders by service name
/// @return one service of each such circle; with it out of the way the others can follow
std::set<std::string> in_each_others_way(const std::map<std::string, model::Definition>& orders,
                                         const model::DesiredState& served);

}  // namespace dfp::docker::discovery
