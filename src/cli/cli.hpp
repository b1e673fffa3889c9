#pragma once
#include <functional>
#include <string>
#include <vector>

#include "cli/exit_status.hpp"
#include "cli/template_call.hpp"
#include "docker/registrator/options.hpp"
#include "settings/load.hpp"

/// The command line. Everything but `server`, `registrator`, `template` and `demo-service` is a client of the
/// HTTP API.
namespace dfp::cli {

struct Context {
  settings::Texts environment;
  std::function<int(const settings::Settings&)> run_server = {};
  std::function<int(const settings::Settings&, const docker::registrator::Options&)> run_registrator = {};
  std::function<int(const settings::Settings&, const TemplateCall&)> run_template = {};
};

/// Runs one command; `words` are the arguments without the program's name. @return an ExitStatus.
int run(const std::vector<std::string>& words, const Context& context);

}  // namespace dfp::cli
