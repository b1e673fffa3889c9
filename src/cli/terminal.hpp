#pragma once
#include <chrono>
#include <string>

#include "settings/load.hpp"

/// What is for eyes only: in a pipe or a file there is none of it.
namespace dfp::cli {

enum class Colors { Off, On };

/// On for a terminal at standard output, unless the variable NO_COLOR is set
/// (no-color.org) or TERM is dumb.
Colors colors_of_output(const settings::Texts& environment);
/// `text` in red.
std::string red(const std::string& text, Colors colors);

/// A line at standard error that says what is waited for, and how long. It
/// comes after a second, is updated in place, and is gone when this is. Where
/// standard error is no terminal, or a dumb one, nothing is written.
class Progress {
 public:
  Progress(std::string what, const settings::Texts& environment);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Called now and then by whoever waits.
  void update();

 private:
  std::string what_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::chrono::seconds shown_{0};
  bool wanted_;
};

}  // namespace dfp::cli
