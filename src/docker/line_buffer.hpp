#pragma once
#include <string>
#include <string_view>

namespace dfp::docker {

/// Puts pieces of a stream together to lines. A line that is longer than the limit is dropped as a whole.
class LineBuffer {
 public:
  explicit LineBuffer(std::size_t max_line) : max_line_(max_line) {}

  /// Calls `on_line` for each line that `piece` completes, without its end; empty lines are left out.
  /// @return false as soon as `on_line` does.
  template <class F>
  bool feed(std::string_view piece, F on_line) {
    for (;;) {
      auto end = piece.find('\n');
      keep(piece.substr(0, end));
      if (end == std::string_view::npos) return true;
      piece.remove_prefix(end + 1);
      std::string line;
      line.swap(rest_);
      bool usable = !line.empty() && !too_long_;
      too_long_ = false;
      if (usable && !on_line(std::string_view(line))) return false;
    }
  }

 private:
  void keep(std::string_view part) {
    too_long_ = too_long_ || rest_.size() + part.size() > max_line_;
    if (too_long_)
      rest_.clear();
    else
      rest_ += part;
  }

  std::size_t max_line_;
  std::string rest_;
  bool too_long_ = false;
};

}  // namespace dfp::docker
