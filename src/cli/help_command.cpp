#include <fmt/format.h>

#include <memory>

#include "cli/command.hpp"
#include "cli/unknown_words.hpp"

namespace dfp::cli {
namespace {

/// The library's App::help would show the help of `help`, since that is the command that was called.
std::string help_of_program(const CLI::App& app) {
  return app.get_formatter()->make_help(&app, app.get_name(), CLI::AppFormatMode::Normal);
}

int print_help(const CLI::App& app, const std::string& word) {
  if (word.empty()) {
    fmt::print("{}", help_of_program(app));
    return kOk;
  }
  auto named = app.get_subcommands([&](const CLI::App* command) { return command->get_name() == word; });
  if (named.empty()) {
    fmt::print(stderr, "docker-flow-proxy: {}\n", explain_unknown_command(app, word));
    return kUsage;
  }
  fmt::print("{}", named.front()->help(app.get_name()));
  return kOk;
}

}  // namespace

void add_help(Program& program) {
  auto* command = program.app.add_subcommand("help", "Show this help, or that of a command.");
  auto word = std::make_shared<std::string>();
  command->add_option("COMMAND", *word, "The command; without one, all are listed.")->option_text(" ");
  command->callback([word, &program] { program.status = print_help(program.app, *word); });
}

}  // namespace dfp::cli
