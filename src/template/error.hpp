#pragma once
#include <string>

namespace dfp::tmpl {

/// Why a template could not be parsed or rendered, and where.
struct TemplateError {
  enum class Phase { Parse, Execute };

  Phase phase = Phase::Parse;
  std::string name;        ///< the template's file
  int line = 0;            ///< from 1
  int column = 0;          ///< from 0, in bytes; while parsing it is near the place, and text() leaves it out
  std::string definition;  ///< the {{define}}d template that was running, or `name`
  std::string expression;  ///< the offending one; empty while parsing
  std::string message;

  /// Go's wording: "template: NAME:LINE: TEXT", or
  /// "template: NAME:LINE:COLUMN: executing "DEFINITION" at <EXPRESSION>: TEXT".
  std::string text() const;
};

}  // namespace dfp::tmpl
