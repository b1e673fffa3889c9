#pragma once
#include "parameters/table.hpp"

namespace dfp::parameters {

/// What a request may say beside the definition.
std::span<const ParameterInfo> option_parameters();
Result<RequestOptions> read_options(const ParameterValues& values);

}  // namespace dfp::parameters
