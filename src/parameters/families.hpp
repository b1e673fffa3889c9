#pragma once
#include "parameters/table.hpp"

/// The rows of the table, family by family. A new parameter is a row in one of these files.
namespace dfp::parameters {

std::span<const Parameter> service_parameters();   ///< who it is, and how it stands to others
std::span<const Parameter> routing_parameters();   ///< which requests a destination gets
std::span<const Parameter> template_parameters();  ///< custom templates
std::span<const Parameter> instance_parameters();  ///< how a catalog finds the instances
std::span<const Parameter> check_parameters();     ///< how instances are checked

}  // namespace dfp::parameters
