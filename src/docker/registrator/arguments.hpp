#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "docker/registrator/options.hpp"

namespace dfp::docker::registrator {

/// THE options of the registrator: one table for the command line, its help and the reference in docs/.
struct Argument {
  std::string_view name;         ///< "ttl-refresh": as --ttl-refresh, and as -ttl-refresh like the original
  std::string_view placeholder;  ///< of its value; empty for a switch
  std::string_view help;
  Result<> (*set)(Options& options, std::string_view text);
  std::string (*get)(const Options& options);  ///< the text that `set` takes; "true" and "false" for a switch
  std::string_view original = {};              ///< its name in Registrator where that is another
};

std::span<const Argument> arguments();

/// The words of a text: white space separates, quotes ('…' or "…") hold together. A backslash means nothing,
/// since it belongs to tags.
/// @return InvalidArgument for a quote that is not closed.
Result<std::vector<std::string>> split_words(std::string_view text);

/// Reads words such as {"-ip", "10.0.0.1", "--ttl=30", "-internal"}. A switch may have a value
/// (-cleanup=false).
/// @return InvalidArgument, naming the word, for an unknown one, a bad or missing value, and what does not go
/// together.
Result<Options> parse_arguments(const std::vector<std::string>& words);

}  // namespace dfp::docker::registrator
