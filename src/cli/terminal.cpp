#include "cli/terminal.hpp"

#include <unistd.h>

namespace dfp::cli {
namespace {

bool is_terminal(int fd, const settings::Texts& environment) {
  auto term = environment.find("TERM");
  return ::isatty(fd) == 1 && term != environment.end() && term->second != "dumb";
}

}  // namespace

Colors colors_of_output(const settings::Texts& environment) {
  auto no_color = environment.find("NO_COLOR");
  bool refused = no_color != environment.end() && !no_color->second.empty();
  return !refused && is_terminal(STDOUT_FILENO, environment) ? Colors::On : Colors::Off;
}

std::string red(const std::string& text, Colors colors) {
  return colors == Colors::On ? "\x1b[31m" + text + "\x1b[0m" : text;
}

}  // namespace dfp::cli
