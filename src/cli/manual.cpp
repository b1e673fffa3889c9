#include "cli/manual.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/exit_status.hpp"

namespace dfp::cli {
namespace {

/// A line of text: roff must neither read a macro in it nor break it at a
/// hyphen.
std::string escaped(std::string_view line) {
  std::string out = line.starts_with('.') || line.starts_with('\'') ? "\\&" : "";
  for (char c : line) out += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
  return out;
}

std::string bold(std::string_view text) { return "\\fB" + escaped(text) + "\\fR"; }

/// Each line on its own, as in help.
std::string lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (const auto& line : text::split(text, '\n')) lines.push_back(escaped(line));
  return fmt::format("{}\n", fmt::join(lines, "\n.br\n"));
}

std::string render_flag(const FlagWords& flag) {
  std::vector<std::string> names;
  for (const auto& name : flag.names) names.push_back(bold(name));
  return fmt::format(".TP\n{}{}{}\n{}", fmt::join(names, ", "), flag.placeholder.empty() ? "" : " ",
                     escaped(flag.placeholder), lines_of(flag.help));
}

std::string render_flags(const CommandWords& command) {
  std::string out = ".SH OPTIONS\n";
  for (const auto& flag : command.flags) out += render_flag(flag);
  return out;
}

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

/// "docker-flow-proxy-server": a page's name, and a command's where the program
/// itself has none.
std::string page_of(const CommandWords& command) {
  return command.name.empty() ? "docker-flow-proxy" : "docker-flow-proxy-" + command.name;
}

std::string render_head(const CommandWords& command, std::string_view synopsis) {
  auto summary = command.summary.ends_with('.') ? command.summary.substr(0, command.summary.size() - 1)
                                                : command.summary;
  return fmt::format(
      ".\\\" Generated from the program's tables by "
      "tools/generate-man; edit those.\n"
      ".TH {} 1 \"\" \"docker-flow-proxy {}\" \"User "
      "Commands\"\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n{}\n",
      escaped(upper(page_of(command))), DFP_VERSION, escaped(page_of(command)),
      escaped(first_sentence(summary)), synopsis);
}

std::string render_exit_statuses() {
  std::string out = ".SH EXIT STATUS\n";
  for (const auto& info : exit_statuses())
    out += fmt::format(".TP\n{}\n{}: {}\n", bold(std::to_string(info.status)), escaped(info.meaning),
                       escaped(info.details));
  return out;
}

/// As it is: examples have lines of their own.
std::string render_notes(const std::string& footer) {
  if (footer.empty()) return {};
  std::string out = ".SH NOTES\n.nf\n";
  for (const auto& line : text::split(footer, '\n')) out += escaped(line) + "\n";
  return out + ".fi\n";
}

}  // namespace

std::string render_manual(const CommandWords& program, std::span<const CommandWords> commands) {
  auto out = render_head(program, bold("docker-flow-proxy") + " \\fICOMMAND\\fR [\\fIOPTIONS\\fR]");
  out += ".SH DESCRIPTION\n" + lines_of(program.summary) + ".SH COMMANDS\n";
  for (const auto& command : commands)
    out += fmt::format(".TP\n{}\n{}", bold(command.name), lines_of(command.summary));
  out += render_flags(program) + render_exit_statuses() + render_notes(program.footer) + ".SH SEE ALSO\n";
  std::vector<std::string> pages;
  for (const auto& command : commands) pages.push_back(bold(page_of(command)) + "(1)");
  return out + fmt::format("{}\n", fmt::join(pages, ", "));
}

std::string render_manual(const CommandWords& command) {
  auto synopsis = bold("docker-flow-proxy " + command.name) + " [\\fIOPTIONS\\fR]";
  for (const auto& argument : command.arguments) synopsis += fmt::format(" [\\fI{}\\fR]", escaped(argument));
  return render_head(command, synopsis) + ".SH DESCRIPTION\n" + lines_of(command.summary) +
         render_flags(command) + render_notes(command.footer) + ".SH SEE ALSO\n" + bold("docker-flow-proxy") +
         "(1)\n";
}

}  // namespace dfp::cli
