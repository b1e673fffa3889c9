#include <fmt/format.h>

#include <memory>

#include "base/log.hpp"
#include "cli/command.hpp"
#include "cli/help.hpp"
#include "settings/properties.hpp"

namespace dfp::cli {
namespace {

constexpr auto kFooter =
    R"(Every flag is also a variable (--state-dir: DFP_STATE_DIR) and a key of the YAML file (state-dir: /var/lib/x).
A flag wins over a variable, a variable over the file. Secrets are given by variable or file only.
The original's variables (CONSUL_ADDRESS, IP, PORT, PROXY_INSTANCE_NAME, TIMEOUT_..., STATS_...) and Consul's own
(CONSUL_HTTP_TOKEN, CONSUL_CACERT, ...) are honoured.

Examples:
  docker-flow-proxy server
  docker-flow-proxy server --registry consul://10.0.0.1:8500,10.0.0.2:8500 --http '*:8000' --api 127.0.0.1:9000
  docker-flow-proxy server --config /etc/docker-flow-proxy.yaml --show-settings)";

struct Options {
  settings::Texts flags;
  bool show_settings = false;
};

void show(const settings::Loaded& loaded) {
  for (const auto& property : settings::properties()) {
    auto origin = loaded.origin.find(std::string(property.key));
    fmt::print("{:<24} {:<40} {}\n", property.key, settings::shown_value(property, loaded.settings),
               origin == loaded.origin.end() ? "default" : origin->second);
  }
}

int run_server(const Options& options, const Context& context) {
  auto loaded = settings::load(options.flags, context.environment);
  if (!loaded) {
    fmt::print(stderr, "docker-flow-proxy: {}\n", loaded.error().what);
    return kUsage;
  }
  log::configure(loaded->settings.log_level, loaded->settings.log_format);
  for (const auto& warning : loaded->warnings) log::warn("settings.ignored", {{"problem", warning}});
  if (options.show_settings) {
    show(*loaded);
    return kOk;
  }
  return context.run_server(loaded->settings);
}

}  // namespace

void add_server(Program& program) {
  auto* command =
      program.app.add_subcommand("server", "Run the proxy: HAProxy, the HTTP API and what ties them.");
  command->footer(kFooter);
  auto options = std::make_shared<Options>();
  const settings::Settings defaults;
  for (const auto& property : settings::properties()) {
    if (property.secret) continue;
    auto help = describe(property.help, property.allowed, property.get(defaults));
    auto key = std::string(property.key);
    command
        ->add_option_function<std::string>(
            "--" + key, [options, key](const std::string& text) { options->flags[key] = text; }, help)
        ->option_text("VALUE");
  }
  command
      ->add_option_function<std::string>(
          "--config", [options](const std::string& text) { options->flags["config"] = text; },
          "YAML file with any of these settings (variable DFP_CONFIG).")
      ->option_text("FILE");
  command->add_flag("--show-settings", options->show_settings,
                    "Print every setting with where it comes from, and end.");
  command->callback([options, &program] { program.status = run_server(*options, program.context); });
}

}  // namespace dfp::cli
