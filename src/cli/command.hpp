#pragma once
#include <CLI/CLI.hpp>

#include "cli/cli.hpp"

/// The subcommands. Each adds itself to the program; when it is the one that was called, its callback sets
/// `status`.
namespace dfp::cli {

struct Program {
  CLI::App& app;
  const Context& context;
  int status = kOk;
};

void add_server(Program& program);
/// reconfigure, remove, services, register, deregister, config, ping: from the API's table.
void add_api_commands(Program& program);
void add_registrator(Program& program);
void add_template(Program& program);
void add_demo_service(Program& program);
/// help [COMMAND]
void add_help(Program& program);
/// completion SHELL
void add_completion(Program& program);
/// Hidden: prints the reference pages.
void add_docs(Program& program);

/// "serviceName" -> "service-name".
std::string kebab_case(std::string_view camel_case);

}  // namespace dfp::cli
