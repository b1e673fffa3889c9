#include "app/registrator.hpp"
#include "app/server.hpp"
#include "app/template_program.hpp"
#include "cli/cli.hpp"

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  return dfp::cli::run(words, {dfp::settings::process_environment(), dfp::app::run_server,
                               dfp::app::run_registrator, dfp::app::run_template});
}
