#include "cli/command_words.hpp"

#include <algorithm>
#include <iterator>

#include "cli/registrator_command.hpp"

namespace dfp::cli {
namespace {

FlagWords::Value value_of(const CLI::Option& option) {
  if (option.get_type_size() == 0) return FlagWords::Value::None;
  if (option.get_items_expected_min() == 0) return FlagWords::Value::Optional;
  return option.get_option_text() == "FILE" ? FlagWords::Value::File : FlagWords::Value::Text;
}

FlagWords words_of(const CLI::Option& option) {
  FlagWords flag{{}, option.get_option_text(), option.get_description(), value_of(option)};
  for (const auto& name : option.get_lnames()) flag.names.push_back("--" + name);
  for (const auto& name : option.get_snames()) flag.names.push_back("-" + name);
  return flag;
}

}  // namespace

CommandWords words_of(const CLI::App& command) {
  bool is_program = command.get_parent() == nullptr;
  CommandWords words{
      is_program ? "" : command.get_name(), command.get_description(), {}, {}, command.get_footer()};
  for (const auto* option : command.get_options()) {
    if (option->get_group().empty()) continue;
    if (option->get_positional()) words.arguments.push_back(option->get_name(true));
    if (option->nonpositional()) words.flags.push_back(words_of(*option));
  }
  if (words.name == kRegistrator) std::ranges::copy(registrator_flags(), std::back_inserter(words.flags));
  return words;
}

std::vector<CommandWords> words_of_commands(const CLI::App& app) {
  std::vector<CommandWords> all;
  for (const auto* command : app.get_subcommands([](const CLI::App* c) { return !c->get_group().empty(); }))
    all.push_back(words_of(*command));
  return all;
}

std::string first_sentence(const std::string& help) {
  auto line = help.substr(0, help.find('\n'));
  return line.substr(0, line.find(". "));
}

}  // namespace dfp::cli
