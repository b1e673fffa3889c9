#pragma once
#include <span>
#include <string>

#include "cli/command_words.hpp"

namespace dfp::cli {

/// A script that completes commands, flags and the files that flags name.
struct Completion {
  std::string_view shell;
  std::string_view file;  ///< where the shell looks for it
  std::string (*render)(const CommandWords& program, std::span<const CommandWords> commands);
};
/// bash, zsh, fish.
std::span<const Completion> completions();

std::string render_bash(const CommandWords& program, std::span<const CommandWords> commands);
std::string render_zsh(const CommandWords& program, std::span<const CommandWords> commands);
std::string render_fish(const CommandWords& program, std::span<const CommandWords> commands);

}  // namespace dfp::cli
