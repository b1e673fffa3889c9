#pragma once
#include <string>
#include <vector>

#include "cli/command_words.hpp"
#include "docker/registrator/options.hpp"
#include "settings/load.hpp"

namespace dfp::cli {

/// The command line of `registrator`, taken apart.
struct RegistratorCall {
  settings::Texts flags;  ///< settings, as of load()
  docker::registrator::Options options;
  bool help = false;
};

inline constexpr auto kRegistrator = "registrator";

/// What it takes, which the parser does not know: it leaves the words to parse_registrator_call.
std::vector<FlagWords> registrator_flags();

/// Takes the original's form too: options with one dash, and the registry as the last word.
/// @return InvalidArgument, naming the word.
Result<RegistratorCall> parse_registrator_call(const std::vector<std::string>& words);

}  // namespace dfp::cli
