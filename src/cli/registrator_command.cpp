#include "cli/registrator_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/help.hpp"
#include "docker/registrator/arguments.hpp"
#include "settings/properties.hpp"

namespace dfp::cli {
namespace registrator = docker::registrator;
namespace {

constexpr auto kDescription =
    "Register the containers of a Docker Engine in a registry, as Registrator does.";

constexpr auto kExamples = R"(Settings as of `server`, with the same variables and file keys:
  --registry, --docker, --docker-tls, --docker-tls-verify, --docker-cert-path, --consul-..., --state-dir,
  --log-level, --log-format, --config

Examples:
  docker-flow-proxy registrator --registry consul://127.0.0.1:8500 -ip 10.0.0.7
  docker-flow-proxy registrator -internal -ttl 30 -ttl-refresh 10 consul://127.0.0.1:8500
  docker-flow-proxy registrator --docker tcp://10.0.0.7:2376 --docker-tls true --docker-cert-path /certs)";

/// The settings that mean something to a registrator.
bool is_used(std::string_view key) {
  constexpr std::array<std::string_view, 8> kUsed = {"registry",          "docker",           "docker-tls",
                                                     "docker-tls-verify", "docker-cert-path", "state-dir",
                                                     "log-level",         "log-format"};
  return key == "config" || key.starts_with("consul-") || std::ranges::find(kUsed, key) != kUsed.end();
}

std::string help_footer() {
  std::string out = "Options (also with one dash, as in the original):\n";
  const registrator::Options defaults;
  for (const auto& argument : registrator::arguments()) {
    auto fallback = argument.placeholder.empty() ? std::string() : argument.get(defaults);
    out += fmt::format("  --{}{}{}\n{}\n", argument.name, argument.placeholder.empty() ? "" : " ",
                       argument.placeholder, wrap(describe(argument.help, "", fallback), 6, 80));
  }
  return out + "\n" + kExamples;
}

/// "--registry=x" as ("registry", "x").
struct Word {
  std::string key;
  std::optional<std::string> value;
};

Word split_word(const std::string& word) {
  auto begin = word.find_first_not_of('-');
  if (begin == std::string::npos) return {word, std::nullopt};
  auto equals = word.find('=');
  if (equals == std::string::npos) return {word.substr(begin), std::nullopt};
  return {word.substr(begin, equals - begin), word.substr(equals + 1)};
}

bool takes_value(std::string_view key) {
  auto all = registrator::arguments();
  auto at = std::ranges::find_if(all, [&](const auto& a) { return a.name == key || a.original == key; });
  return at != all.end() && !at->placeholder.empty();
}

int run(const std::vector<std::string>& words, const CLI::App& command, const Context& context) {
  auto call = parse_registrator_call(words);
  if (call && call->help) {
    fmt::print("{}", command.help());
    return kOk;
  }
  auto loaded = call ? settings::load(call->flags, context.environment) : std::unexpected(call.error());
  if (!loaded) {
    fmt::print(stderr, "docker-flow-proxy: {}\n", loaded.error().what);
    return kUsage;
  }
  log::configure(loaded->settings.log_level, loaded->settings.log_format);
  return context.run_registrator(loaded->settings, call->options);
}

}  // namespace

std::vector<FlagWords> registrator_flags() {
  using Value = FlagWords::Value;
  std::vector<FlagWords> flags;
  const registrator::Options defaults;
  for (const auto& argument : registrator::arguments()) {
    bool is_switch = argument.placeholder.empty();
    auto fallback = is_switch ? std::string() : argument.get(defaults);
    flags.push_back({{fmt::format("--{}", argument.name)},
                     std::string(argument.placeholder),
                     describe(argument.help, "", fallback),
                     is_switch ? Value::None : Value::Text});
  }
  const settings::Settings settings;
  for (const auto& property : settings::properties())
    if (!property.secret && is_used(property.key))
      flags.push_back({{fmt::format("--{}", property.key)},
                       "VALUE",
                       describe(property.help, property.allowed, property.get(settings))});
  flags.push_back({{"--config"}, "FILE", "YAML file with any of these settings.", Value::File});
  return flags;
}

Result<RegistratorCall> parse_registrator_call(const std::vector<std::string>& words) {
  RegistratorCall call;
  std::vector<std::string> options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto word = split_word(words[i]);
    bool has_next = i + 1 < words.size();
    if (words[i] == "--help" || words[i] == "-h") {
      call.help = true;
    } else if (!words[i].starts_with('-')) {
      if (!call.flags.emplace("registry", words[i]).second)
        return fail(Errc::InvalidArgument,
                    fmt::format("{}: the registry is already set", text::shown(words[i])));
    } else if (is_used(word.key)) {
      if (!word.value && !has_next)
        return fail(Errc::InvalidArgument, fmt::format("--{}: missing value", word.key));
      call.flags[word.key] = word.value ? *word.value : words[++i];
    } else {
      options.push_back(words[i]);
      if (!word.value && has_next && takes_value(word.key)) options.push_back(words[++i]);
    }
  }
  auto parsed = registrator::parse_arguments(options);
  if (!parsed) return std::unexpected(parsed.error());
  call.options = std::move(*parsed);
  return call;
}

void add_registrator(Program& program) {
  auto* command = program.app.add_subcommand(kRegistrator, kDescription);
  command->footer(help_footer());
  command->prefix_command();  // every word after the name is read here, since the original's have one dash
  command->callback(
      [command, &program] { program.status = run(command->remaining(), *command, program.context); });
}

}  // namespace dfp::cli
