#pragma once
#include <CLI/CLI.hpp>
#include <memory>
#include <string_view>

#include "settings/load.hpp"

namespace dfp::cli {

/// Gives a command the flags of the settings, except of the secret ones, and --config.
/// @param wanted by the setting's key
/// @return what is given, for settings::load
std::shared_ptr<settings::Texts> add_setting_options(CLI::App& command, bool (*wanted)(std::string_view key));

}  // namespace dfp::cli
