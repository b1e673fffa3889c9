#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "settings/settings.hpp"

namespace dfp::settings {

/// Names and texts: flags by their key ("state-dir"), variables by their name.
using Texts = std::map<std::string, std::string, std::less<>>;

/// The variables of this process. The only place of the program that reads them.
Texts process_environment();

struct Loaded {
  Settings settings;
  std::map<std::string, std::string>
      origin;  ///< key -> "flag --http", "variable PORT", "FILE:3: http"; not for defaults
  std::vector<std::string> warnings;  ///< sentences: DFP_ variables that mean nothing
};

/// Flag before variable before file before default; the file is named by the flag "config" or DFP_CONFIG. An
/// empty variable counts as not set. Every given value is checked, also one that another wins over.
/// @return InvalidArgument, naming the flag, variable or file and line, the value (unless secret) and what is
/// allowed; NotFound or Unavailable for a file that cannot be read.
Result<Loaded> load(const Texts& flags, const Texts& environment);

/// What holds between settings: listeners that collide, a half of a pair. @return InvalidArgument.
Result<> validate(const Settings& settings);

/// Whether the API may listen where it is to: an address beyond loopback needs tokens or client certificates,
/// or the word of the operator. Asked by the server alone. @return InvalidArgument with the ways out.
Result<> check_api_exposure(const Settings& settings);

}  // namespace dfp::settings
