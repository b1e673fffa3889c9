#include "cli/unknown_words.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.hpp"
#include "base/text.hpp"

namespace dfp::cli {
namespace {

std::string nearest_of(std::string_view word, const std::vector<std::string>& known) {
  return text::suggestion(word, std::vector<std::string_view>(known.begin(), known.end()));
}

bool is_flag(const std::string& word) { return word.size() > 1 && word.starts_with('-'); }

/// "--htpp=x" and "--htpp" are the same flag.
std::string explain_unknown_flag(const CLI::App& command, const std::string& word) {
  auto flag = word.substr(0, word.find('='));
  return fmt::format("unknown flag {}{}", text::shown(flag), nearest_of(flag, flags_of(command)));
}

/// What the parser had no use for, in the order of the command line.
std::string explain_leftover(const CLI::App& command, const std::vector<std::string>& words) {
  if (auto flag = std::ranges::find_if(words, is_flag); flag != words.end())
    return explain_unknown_flag(command, *flag);
  return fmt::format("unexpected argument {}", text::shown(words.front()));
}

}  // namespace

std::vector<std::string> flags_of(const CLI::App& command) {
  std::vector<std::string> flags;
  for (const auto* option : command.get_options())
    for (const auto& name : option->get_lnames()) flags.push_back("--" + name);
  return flags;
}

std::vector<std::string> commands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands([](const CLI::App* c) { return !c->get_group().empty(); }))
    names.push_back(command->get_name());
  return names;
}

std::string explain_unknown_command(const CLI::App& app, std::string_view word) {
  return fmt::format("unknown command {}{}", text::shown(word), nearest_of(word, commands_of(app)));
}

std::string explain(const CLI::App& app, const CLI::ParseError& error) {
  auto called = app.get_subcommands();
  const auto& command = called.empty() ? app : *called.front();
  auto leftover = command.remaining();
  if (called.empty()) {
    if (leftover.empty()) return "a command is missing";
    return is_flag(leftover.front()) ? explain_unknown_flag(app, leftover.front())
                                     : explain_unknown_command(app, leftover.front());
  }
  if (leftover.empty()) return fmt::format("{}: {}", command.get_name(), error.what());
  return fmt::format("{}: {}", command.get_name(), explain_leftover(command, leftover));
}

}  // namespace dfp::cli
