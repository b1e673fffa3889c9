#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace dfp::cli {

/// What is wrong with a command line that could not be parsed, with the nearest known word where one is
/// near: "unknown command "servr"; did you mean server?".
std::string explain(const CLI::App& app, const CLI::ParseError& error);

/// `unknown command "servr"; did you mean server?`
std::string explain_unknown_command(const CLI::App& app, std::string_view word);

/// The flags of a command in all their spellings, with the dashes.
std::vector<std::string> flags_of(const CLI::App& command);
/// The names of the commands that help lists.
std::vector<std::string> commands_of(const CLI::App& app);

}  // namespace dfp::cli
