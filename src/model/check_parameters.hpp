#pragma once
#include <span>

#include "model/parameters.hpp"

namespace dfp::model {

/// The rows of the parameter table that say how instances are checked; parameters() holds them too.
std::span<const Parameter> check_parameters();

}  // namespace dfp::model
