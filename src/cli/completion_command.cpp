#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/nearest.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/completion.hpp"

namespace dfp::cli {
namespace {

std::vector<std::string_view> shells() {
  std::vector<std::string_view> names;
  for (const auto& completion : completions()) names.push_back(completion.shell);
  return names;
}

std::string footer() {
  std::string out = "For this shell only:\n  source <(docker-flow-proxy completion bash)\n\nFor every one:\n";
  for (const auto& completion : completions())
    out += fmt::format("  docker-flow-proxy completion {} > {}\n", completion.shell, completion.file);
  return out;
}

int print_completion(const CLI::App& app, const std::string& shell) {
  auto known = completions();
  auto completion = std::ranges::find(known, shell, &Completion::shell);
  if (completion != known.end()) {
    fmt::print("{}", completion->render(words_of(app), words_of_commands(app)));
    return kOk;
  }
  fmt::print(stderr, "docker-flow-proxy: completion: {} is not one of {}{}\n", text::shown(shell),
             fmt::join(shells(), ", "), text::suggestion(shell, shells()));
  return kUsage;
}

}  // namespace

void add_completion(Program& program) {
  auto* command =
      program.app.add_subcommand("completion", "Print a script that completes commands and flags.");
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, fmt::format("One of {}.", fmt::join(shells(), ", ")))
      ->required()
      ->option_text(" ");
  command->footer(footer());
  command->callback([shell, &program] { program.status = print_completion(program.app, *shell); });
}

}  // namespace dfp::cli
