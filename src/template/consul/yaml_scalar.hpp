#pragma once
#include <string>
#include <string_view>

#include "template/limits.hpp"

namespace dfp::tmpl::consul::yaml {

/// In what ways a text can be written.
struct ScalarForms {
  bool multiline = false;
  bool plain = true;
  bool single_quoted = true;
  bool block = true;
};
ScalarForms analyze(std::string_view text);

/// Writes texts in the form that libyaml's emitter chooses: lines are folded at 80 columns where that is
/// possible.
class ScalarWriter {
 public:
  explicit ScalarWriter(Sink& sink) : sink_(sink) {}

  /// @param indentation of continuation lines, in columns
  /// @param is_key a simple key stays on its line
  void text(std::string_view text, std::size_t indentation, bool is_key);

 private:
  void plain(std::string_view text);
  void single_quoted(std::string_view text);
  void double_quoted(std::string_view text);
  void literal(std::string_view text);
  bool fold_here(std::string_view rest, bool after_space) const;
  std::size_t column() const;
  void new_line();

  Sink& sink_;
  std::size_t indentation_ = 0;
  bool may_fold_ = false;
};

}  // namespace dfp::tmpl::consul::yaml
