#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace dfp::cli {
namespace {

bool is_terminal(int fd, const settings::Texts& environment) {
  auto term = environment.find("TERM");
  return ::isatty(fd) == 1 && term != environment.end() && term->second != "dumb";
}

constexpr auto kClearLine = "\r\x1b[K";

}  // namespace

Colors colors_of_output(const settings::Texts& environment) {
  auto no_color = environment.find("NO_COLOR");
  bool refused = no_color != environment.end() && !no_color->second.empty();
  return !refused && is_terminal(STDOUT_FILENO, environment) ? Colors::On : Colors::Off;
}

std::string red(const std::string& text, Colors colors) {
  return colors == Colors::On ? "\x1b[31m" + text + "\x1b[0m" : text;
}

Progress::Progress(std::string what, const settings::Texts& environment)
    : what_(std::move(what)), wanted_(is_terminal(STDERR_FILENO, environment)) {}

void Progress::update() {
  using std::chrono::seconds, std::chrono::steady_clock;
  auto waited = std::chrono::duration_cast<seconds>(steady_clock::now() - began_);
  if (!wanted_ || waited == shown_) return;
  shown_ = waited;
  fmt::print(stderr, "{}{} ({} s)", kClearLine, what_, waited.count());
  std::fflush(stderr);
}

Progress::~Progress() {
  if (shown_.count() == 0) return;
  fmt::print(stderr, "{}", kClearLine);
  std::fflush(stderr);
}

}  // namespace dfp::cli
