#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

/// The commands and their flags as data, read from the parser itself:
/// completion and manual pages have no list of their own.
namespace dfp::cli {

struct FlagWords {
  enum class Value { None, Optional, Text, File };
  std::vector<std::string> names;  ///< with the dashes; the first is the one to propose
  std::string placeholder;         ///< "VALUE", "[true|false]"; empty: takes no value
  std::string help;                ///< lines
  Value value = Value::Text;
};

struct CommandWords {
  std::string name;                    ///< empty: the program itself
  std::string summary;                 ///< one sentence
  std::vector<std::string> arguments;  ///< without a flag: "serviceName"
  std::vector<FlagWords> flags;
  std::string footer;
};

/// What help shows of one; the hidden is left out.
CommandWords words_of(const CLI::App& command);
/// Of every command that help lists.
std::vector<CommandWords> words_of_commands(const CLI::App& app);
/// The first sentence of a help, on one line.
std::string first_sentence(const std::string& help);

}  // namespace dfp::cli
