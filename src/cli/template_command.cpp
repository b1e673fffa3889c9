#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/log.hpp"
#include "cli/command.hpp"
#include "cli/setting_options.hpp"
#include "cli/template_call.hpp"

namespace dfp::cli {
namespace {

constexpr auto kDescription =
    "Render a template (Go's text/template with Consul Template's functions) to standard output.";

constexpr auto kFooter =
    R"(What consul-template -once -dry does, and what the proxy does with a service's template, without a running proxy.
The registry is the one that --registry, its variable or the file names. Without one, templates that ask for
services or keys fail. Secrets are given by variable or file (CONSUL_HTTP_TOKEN, ...). The function file reads
below the template's own folder, or below --templates-dir.

Examples:
  docker-flow-proxy template go-demo.tmpl --registry consul://10.0.0.1:8500
  docker-flow-proxy template page.tmpl --data page.json --template-env REGION
  docker-flow-proxy template go-demo.tmpl --registry consul://10.0.0.1:8500 --explain
  docker-flow-proxy template go-demo.tmpl --check && echo good

Exit status: 0 rendered, 7 the template cannot be parsed, 8 rendering failed, or a key or service it
requires does not exist, 2 wrong usage, 1 anything else. Only a complete text is ever written.)";

/// The settings that mean something to a rendering.
bool is_used(std::string_view key) {
  constexpr std::array<std::string_view, 6> kUsed = {"registry",     "state-dir", "templates-dir",
                                                     "template-env", "log-level", "log-format"};
  return key.starts_with("consul-") || std::ranges::find(kUsed, key) != kUsed.end();
}

int run(TemplateCall call, const settings::Texts& flags, const Context& context) {
  auto loaded = settings::load(flags, context.environment);
  if (!loaded) {
    fmt::print(stderr, "docker-flow-proxy: {}\n", loaded.error().what);
    return kUsage;
  }
  log::configure(loaded->settings.log_level, loaded->settings.log_format);
  call.has_registry = loaded->origin.contains("registry");
  call.templates_dir = loaded->origin.contains("templates-dir");
  return context.run_template(loaded->settings, call);
}

}  // namespace

void add_template(Program& program) {
  auto* command = program.app.add_subcommand("template", kDescription);
  command->footer(kFooter);
  auto call = std::make_shared<TemplateCall>();
  command->add_option("FILE", call->file, "The template; - for standard input.")->required();
  command
      ->add_option("--data", call->data_file,
                   "JSON that becomes the cursor (dot). Numbers without fraction and exponent are ints, "
                   "others floats.")
      ->option_text("FILE");
  command
      ->add_option(
          "--missingkey", call->missing_key,
          "Result for a missing map key.\nAllowed: default, zero, error (Go's option missingkey)\nDefault: "
          "zero with a registry, as Consul Template; default without one, as Go")
      ->check(CLI::IsMember({"default", "zero", "error"}))
      ->option_text("VALUE");
  command->add_option("--left", call->left, "Left delimiter.\nDefault: {{")->option_text("TEXT");
  command->add_option("--right", call->right, "Right delimiter.\nDefault: }}")->option_text("TEXT");
  auto* check =
      command->add_flag("--check", call->check, "Only parse the template and check for rejected functions.");
  command
      ->add_flag("--explain", call->explain,
                 "Render the template, but print its registry queries, one per line, instead of the text.")
      ->excludes(check);
  auto flags = add_setting_options(*command, is_used);
  command->callback([call, flags, &program] { program.status = run(*call, *flags, program.context); });
}

}  // namespace dfp::cli
