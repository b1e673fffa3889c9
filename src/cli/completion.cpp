#include "cli/completion.hpp"

#include <fmt/format.h>

#include <array>

namespace dfp::cli {
namespace {

using Value = FlagWords::Value;
using Commands = std::span<const CommandWords>;

constexpr auto kHead =
    "# Completion of docker-flow-proxy for {0}, made by: "
    "docker-flow-proxy completion {0}\n";

/// In single quotes; `escape` is what a single quote becomes.
std::string in_quotes(std::string_view text, std::string_view escape) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string(escape) : std::string(1, c);
  return out + "'";
}

std::string in_quotes(std::string_view text) { return in_quotes(text, R"('\'')"); }

std::string proposed_flags(const CommandWords& command) {
  std::vector<std::string> names;
  for (const auto& flag : command.flags) names.push_back(flag.names.front());
  return fmt::format("{}", fmt::join(names, " "));
}

std::string names_of(Commands commands) {
  std::vector<std::string> names;
  for (const auto& command : commands) names.push_back(command.name);
  return fmt::format("{}", fmt::join(names, " "));
}

/// "server:--config|server:--x": a pattern of `case`.
std::string flags_with(Commands commands, Value value) {
  std::vector<std::string> patterns;
  for (const auto& command : commands)
    for (const auto& flag : command.flags)
      for (const auto& name : flag.names)
        if (flag.value == value) patterns.push_back(command.name + ":" + name);
  return patterns.empty() ? "none" : fmt::format("{}", fmt::join(patterns, "|"));
}

/// Of the words without a flag, those that have a fixed set of values.
std::string argument_values(const CommandWords& command, Commands commands) {
  if (command.name == "help") return names_of(commands);
  std::vector<std::string_view> shells;
  if (command.name == "completion")
    for (const auto& completion : completions()) shells.push_back(completion.shell);
  return fmt::format("{}", fmt::join(shells, " "));
}

/// Inside the brackets of _arguments.
std::string zsh_help(const FlagWords& flag) {
  std::string out;
  for (char c : first_sentence(flag.help))
    out += c == '[' || c == ']' || c == ':' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out;
}

std::string zsh_flag(const FlagWords& flag) {
  const auto& name = flag.names.front();
  auto help = zsh_help(flag);
  if (flag.value == Value::File) return in_quotes(fmt::format("{}=[{}]:file:_files", name, help));
  if (flag.value == Value::Text) return in_quotes(fmt::format("{}=[{}]:value:", name, help));
  return in_quotes(fmt::format("{}[{}]", name, help));
}

/// fish takes \' in single quotes.
std::string in_fish_quotes(std::string_view text) { return in_quotes(text, R"(\')"); }

std::string fish_flag(const CommandWords& command, const FlagWords& flag) {
  auto where = command.name.empty() ? "__fish_use_subcommand" : "__fish_seen_subcommand_from " + command.name;
  std::string kind = flag.value == Value::File ? " -r -F" : flag.value == Value::Text ? " -x" : "";
  return fmt::format("complete -c docker-flow-proxy -n {} -l {}{} -d {}\n", in_fish_quotes(where),
                     flag.names.front().substr(2), kind, in_fish_quotes(first_sentence(flag.help)));
}

constexpr std::array<Completion, 3> kCompletions = {{
    {"bash", "/usr/share/bash-completion/completions/docker-flow-proxy", render_bash},
    {"zsh", "/usr/share/zsh/vendor-completions/_docker-flow-proxy", render_zsh},
    {"fish", "/usr/share/fish/vendor_completions.d/docker-flow-proxy.fish", render_fish},
}};

}  // namespace

std::span<const Completion> completions() { return kCompletions; }

std::string render_bash(const CommandWords& program, Commands commands) {
  auto out = fmt::format(kHead, "bash");
  out +=
      "_docker_flow_proxy() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} "
      "previous=${COMP_WORDS[COMP_CWORD-1]} command= words= i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    [[ ${COMP_WORDS[i]} == -* ]] || { command=${COMP_WORDS[i]}; "
      "break; }\n"
      "  done\n"
      "  COMPREPLY=()\n"
      "  case $command:$previous in\n";
  out += fmt::format("    {})\n      COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n",
                     flags_with(commands, Value::File));
  out += fmt::format("    {})\n      return ;;\n  esac\n", flags_with(commands, Value::Text));
  out += "  case $command in\n";
  out += fmt::format("    '') words='{} {}' ;;\n", names_of(commands), proposed_flags(program));
  for (const auto& command : commands) {
    auto values = argument_values(command, commands);
    out += fmt::format("    {}) words='{}{}{}' ;;\n", command.name, values, values.empty() ? "" : " ",
                       proposed_flags(command));
  }
  return out +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n"
         "complete -F _docker_flow_proxy docker-flow-proxy\n";
}

std::string render_zsh(const CommandWords& program, Commands commands) {
  auto out = "#compdef docker-flow-proxy\n" + fmt::format(kHead, "zsh");
  out += "_docker-flow-proxy() {\n  local -a commands flags\n  commands=(\n";
  for (const auto& command : commands)
    out += fmt::format("    {}\n", in_quotes(command.name + ":" + first_sentence(command.summary)));
  out +=
      "  )\n  if (( CURRENT == 2 )); then\n    _describe command commands\n "
      "   flags=(";
  for (const auto& flag : program.flags) out += " " + zsh_flag(flag);
  out +=
      " )\n    _arguments $flags\n    return\n  fi\n  local "
      "command=$words[2]\n  shift words\n  (( CURRENT-- "
      "))\n";
  out += "  case $command in\n";
  for (const auto& command : commands) {
    out += fmt::format("    {}) flags=(\n", command.name);
    for (const auto& flag : command.flags) out += "      " + zsh_flag(flag) + "\n";
    auto values = argument_values(command, commands);
    out +=
        fmt::format("      {}) ;;\n", in_quotes(values.empty() ? "*: :" : fmt::format("1: :({})", values)));
  }
  return out +
         "  esac\n  _arguments $flags\n}\n"
         "if [[ $funcstack[1] == _docker-flow-proxy ]]; then\n  "
         "_docker-flow-proxy \"$@\"\n"
         "else\n  compdef _docker-flow-proxy docker-flow-proxy\nfi\n";
}

std::string render_fish(const CommandWords& program, Commands commands) {
  auto out = fmt::format(kHead, "fish") + "complete -c docker-flow-proxy -f\n";
  for (const auto& flag : program.flags) out += fish_flag(program, flag);
  for (const auto& command : commands) {
    out += fmt::format("complete -c docker-flow-proxy -n __fish_use_subcommand -a {} -d {}\n", command.name,
                       in_fish_quotes(first_sentence(command.summary)));
    if (auto values = argument_values(command, commands); !values.empty())
      out += fmt::format(
          "complete -c docker-flow-proxy -n "
          "'__fish_seen_subcommand_from {}' -a '{}'\n",
          command.name, values);
    for (const auto& flag : command.flags) out += fish_flag(command, flag);
  }
  return out;
}

}  // namespace dfp::cli
