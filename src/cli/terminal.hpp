#pragma once
#include <string>

#include "settings/load.hpp"

/// What is for eyes only: in a pipe or a file there is none of it.
namespace dfp::cli {

enum class Colors { Off, On };

/// On for a terminal at standard output, unless the variable NO_COLOR is set
/// (no-color.org) or TERM is dumb.
Colors colors_of_output(const settings::Texts& environment);
/// `text` in red.
std::string red(const std::string& text, Colors colors);

}  // namespace dfp::cli
