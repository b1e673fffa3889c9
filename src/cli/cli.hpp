#pragma once
#include <functional>
#include <string>
#include <vector>

#include "cli/template_call.hpp"
#include "docker/registrator/options.hpp"
#include "settings/load.hpp"

/// The command line. Everything but `server`, `registrator`, `template` and `demo-service` is a client of the
/// HTTP API.
namespace dfp::cli {

/// Exit statuses of the clients. `server` has its own beside kUsage (app/server.hpp).
constexpr int kOk = 0;
constexpr int kRefused = 1;      ///< the server answered, and said no
constexpr int kUsage = 2;        ///< the command line or a setting is wrong
constexpr int kUnreachable = 3;  ///< the API could not be reached, or gave no answer in time

struct Context {
  settings::Texts environment;
  std::function<int(const settings::Settings&)> run_server = {};
  std::function<int(const settings::Settings&, const docker::registrator::Options&)> run_registrator = {};
  std::function<int(const settings::Settings&, const TemplateCall&)> run_template = {};
};

/// Runs one command; `words` are the arguments without the program's name. @return the exit status.
int run(const std::vector<std::string>& words, const Context& context);

}  // namespace dfp::cli
