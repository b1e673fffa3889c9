#pragma once
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace dfp::cli {

/// Help for narrow terminals: an option's names on one line, its description wrapped below.
std::shared_ptr<CLI::FormatterBase> help_formatter();

/// A description of an option from its parts; empty parts are left out.
std::string describe(std::string_view meaning, std::string_view allowed, std::string_view fallback);

/// Breaks text at spaces so that lines of `width` bytes result where words allow it; each line is indented.
std::string wrap(std::string_view text, std::size_t indent, std::size_t width);

}  // namespace dfp::cli
