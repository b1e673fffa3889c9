#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/docs.hpp"
#include "cli/manual.hpp"
#include "cli/unknown_words.hpp"

namespace dfp::cli {
namespace {

struct Page {
  std::string_view name;
  std::string (*render)(const CLI::App& app);
};

constexpr std::array<Page, 6> kPages = {{
    {"parameters", [](const CLI::App&) { return render_parameters_page(); }},
    {"settings", [](const CLI::App&) { return render_settings_page(); }},
    {"endpoints", [](const CLI::App&) { return render_endpoints_page(); }},
    {"exit-statuses", [](const CLI::App&) { return render_exit_statuses_page(); }},
    {"commands", [](const CLI::App& app) { return fmt::format("{}\n", fmt::join(commands_of(app), "\n")); }},
    {"man", [](const CLI::App& app) { return render_manual(words_of(app), words_of_commands(app)); }},
}};

int refuse(const std::string& what) {
  fmt::print(stderr, "docker-flow-proxy: docs: {}\n", what);
  return kUsage;
}

int print_manual_of(const CLI::App& app, const std::string& name) {
  auto commands = words_of_commands(app);
  auto command = std::ranges::find(commands, name, &CommandWords::name);
  if (command == commands.end()) return refuse(explain_unknown_command(app, name));
  fmt::print("{}", render_manual(*command));
  return kOk;
}

int print_page(const CLI::App& app, const std::string& name, const std::string& command) {
  if (!command.empty())
    return name == "man" ? print_manual_of(app, command) : refuse("only man has pages of commands");
  auto page = std::ranges::find(kPages, name, &Page::name);
  if (page != kPages.end()) {
    fmt::print("{}", page->render(app));
    return kOk;
  }
  std::vector<std::string_view> names;
  for (const auto& known : kPages) names.push_back(known.name);
  return refuse(fmt::format("{} is not one of {}", text::shown(name), fmt::join(names, ", ")));
}

}  // namespace

void add_docs(Program& program) {
  auto* docs =
      program.app.add_subcommand("docs", "Print a page of the reference, or a manual page.")->group("");
  auto page = std::make_shared<std::string>();
  auto command = std::make_shared<std::string>();
  docs->add_option("PAGE", *page, "parameters, settings, endpoints, exit-statuses, commands or man")
      ->required();
  docs->add_option("COMMAND", *command, "The command whose manual page is wanted.");
  docs->callback([page, command, &program] { program.status = print_page(program.app, *page, *command); });
}

}  // namespace dfp::cli
