#include <fmt/format.h>

#include <memory>

#include "base/log.hpp"
#include "cli/command.hpp"
#include "cli/setting_options.hpp"
#include "settings/properties.hpp"

namespace dfp::cli {
namespace {

constexpr auto kFooter =
    R"(Every flag is also a variable (--state-dir: DFP_STATE_DIR) and a key of the YAML file (state-dir: /var/lib/x).
Flags take precedence over variables, and variables over the file. Secrets can be set only by variable or file.
The original's variables (CONSUL_ADDRESS, IP, PORT, PROXY_INSTANCE_NAME, TIMEOUT_..., STATS_...) and Consul's own
(CONSUL_HTTP_TOKEN, CONSUL_CACERT, ...) are honoured.

Examples:
  docker-flow-proxy server
  docker-flow-proxy server --registry consul://10.0.0.1:8500,10.0.0.2:8500 --http '*:8000' --api 127.0.0.1:9000
  docker-flow-proxy server --config /etc/docker-flow-proxy.yaml --show-settings)";

void show(const settings::Loaded& loaded) {
  for (const auto& property : settings::properties()) {
    auto origin = loaded.origin.find(std::string(property.key));
    fmt::print("{:<24} {:<40} {}\n", property.key, settings::shown_value(property, loaded.settings),
               origin == loaded.origin.end() ? "default" : origin->second);
  }
}

int run_server(const settings::Texts& flags, bool show_settings, const Context& context) {
  auto loaded = settings::load(flags, context.environment);
  if (!loaded) {
    fmt::print(stderr, "docker-flow-proxy: {}\n", loaded.error().what);
    return kUsage;
  }
  log::configure(loaded->settings.log_level, loaded->settings.log_format);
  for (const auto& warning : loaded->warnings) log::warn("settings.ignored", {{"problem", warning}});
  if (show_settings) {
    show(*loaded);
    return kOk;
  }
  if (auto safe = settings::check_api_exposure(loaded->settings); !safe) {
    fmt::print(stderr, "docker-flow-proxy: {}\n", safe.error().what);
    return kUsage;
  }
  return context.run_server(loaded->settings);
}

}  // namespace

void add_server(Program& program) {
  auto* command = program.app.add_subcommand("server", "Run the proxy (HAProxy and the HTTP API).");
  command->footer(kFooter);
  auto flags = add_setting_options(*command, [](std::string_view) { return true; });
  auto show_settings = std::make_shared<bool>(false);
  command->add_flag("--show-settings", *show_settings, "Print every setting and its source, then exit.");
  command->callback([flags, show_settings, &program] {
    program.status = run_server(*flags, *show_settings, program.context);
  });
}

}  // namespace dfp::cli
