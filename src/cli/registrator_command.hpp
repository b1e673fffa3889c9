#pragma once
#include <string>
#include <vector>

#include "docker/registrator/options.hpp"
#include "settings/load.hpp"

namespace dfp::cli {

/// The command line of `registrator`, taken apart.
struct RegistratorCall {
  settings::Texts flags;  ///< settings, as of load()
  docker::registrator::Options options;
  bool help = false;
};

/// Takes the original's form too: options with one dash, and the registry as the last word.
/// @return InvalidArgument, naming the word.
Result<RegistratorCall> parse_registrator_call(const std::vector<std::string>& words);

}  // namespace dfp::cli
