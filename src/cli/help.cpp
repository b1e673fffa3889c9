#include "cli/help.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace dfp::cli {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kDescriptionIndent = 6;
constexpr std::size_t kCommandColumn = 16;

class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    auto line = "  " + make_option_name(option, is_positional) + make_option_opts(option) + "\n";
    for (const auto& part : text::split(option->get_description(), '\n'))
      line += wrap(part, kDescriptionIndent, kWidth);
    return line;
  }

  std::string make_subcommand(const CLI::App* command) const override {
    auto lines = wrap(command->get_description(), kCommandColumn, kWidth);
    auto name = fmt::format("  {:<{}}", command->get_name(), kCommandColumn - 2);
    return lines.replace(0, kCommandColumn, name);
  }

  std::string make_description(const CLI::App* app) const override {
    return wrap(app->get_description(), 0, kWidth) + "\n";
  }
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> help_formatter() { return std::make_shared<HelpFormatter>(); }

std::string describe(std::string_view meaning, std::string_view allowed, std::string_view fallback) {
  std::string out(meaning);
  if (!allowed.empty()) out += fmt::format("\nAllowed: {}", allowed);
  if (!fallback.empty()) out += fmt::format("\nDefault: {}", fallback);
  return out;
}

std::string wrap(std::string_view text, std::size_t indent, std::size_t width) {
  std::string out;
  std::string line;
  auto flush = [&] { out += std::string(indent, ' ') + std::exchange(line, {}) + "\n"; };
  for (const auto& word : text::split(text, ' ')) {
    if (!line.empty() && indent + line.size() + 1 + word.size() > width) flush();
    line += (line.empty() ? "" : " ") + word;
  }
  flush();
  return out;
}

}  // namespace dfp::cli
