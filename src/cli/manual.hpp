#pragma once
#include <span>
#include <string>

#include "cli/command_words.hpp"

namespace dfp::cli {

/// Manual pages (section 1) in the man macros, from what help shows:
/// docker-flow-proxy(1), and docker-flow-proxy-COMMAND(1) for each command.
/// Source: man(7).
std::string render_manual(const CommandWords& program, std::span<const CommandWords> commands);
std::string render_manual(const CommandWords& command);

}  // namespace dfp::cli
