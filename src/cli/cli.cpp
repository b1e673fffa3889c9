#include "cli/cli.hpp"

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/unknown_words.hpp"

namespace dfp::cli {
namespace {

constexpr auto kDescription =
    "A reverse proxy reconfigured through an HTTP API: HAProxy in front of the services in a registry.";

constexpr auto kFooter = R"(Examples:
  docker-flow-proxy server --http '*:80' --registry consul://10.0.0.1:8500
  docker-flow-proxy reconfigure go-demo /demo
  docker-flow-proxy services
  docker-flow-proxy remove go-demo

Run docker-flow-proxy help COMMAND for details.
)";

constexpr auto kVersionText = "docker-flow-proxy " DFP_VERSION;

void add_version(Program& program) {
  program.app.set_version_flag("--version", kVersionText);
  program.app.add_subcommand("version", "Print the version.")->callback([] {
    fmt::print("{}\n", kVersionText);
  });
}

/// Help and version are written to standard output, errors with a hint to standard error.
int end_parsing(const Program& program, const CLI::ParseError& error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    program.app.exit(error);
    return kOk;
  }
  auto called = program.app.get_subcommands();
  fmt::print(stderr, "docker-flow-proxy: {}\nRun docker-flow-proxy help{}.\n", explain(program.app, error),
             called.empty() ? "" : " " + called.front()->get_name());
  return kUsage;
}

}  // namespace

std::string kebab_case(std::string_view camel_case) {
  std::string out;
  for (char c : camel_case) {
    bool upper = c >= 'A' && c <= 'Z';
    if (upper) out += '-';
    out += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

int run(const std::vector<std::string>& words, const Context& context) {
  CLI::App app(kDescription, "docker-flow-proxy");
  Program program{app, context};
  app.formatter(help_formatter());
  app.footer(kFooter + wrap(exit_status_sentence(), 0, 100));
  app.require_subcommand(1);
  add_version(program);
  add_server(program);
  add_api_commands(program);
  add_registrator(program);
  add_template(program);
  add_demo_service(program);
  add_help(program);
  add_completion(program);
  add_docs(program);
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    // The library reports by exceptions; here they become an exit status.
    return end_parsing(program, error);
  }
  return program.status;
}

}  // namespace dfp::cli
