#include "template/regex.hpp"

#include <re2/re2.h>

namespace dfp::tmpl {
namespace {

using re2::RE2;

/// RE2's complaint in the words of Go's regexp.
std::string complaint(const RE2& expression) {
  const char* what = "invalid regular expression";
  switch (expression.error_code()) {
    case RE2::ErrorBadEscape:
      what = "invalid escape sequence";
      break;
    case RE2::ErrorBadCharClass:
      what = "invalid character class";
      break;
    case RE2::ErrorBadCharRange:
      what = "invalid character class range";
      break;
    case RE2::ErrorMissingBracket:
      what = "missing closing ]";
      break;
    case RE2::ErrorMissingParen:
      what = "missing closing )";
      break;
    case RE2::ErrorUnexpectedParen:
      what = "unexpected )";
      break;
    case RE2::ErrorTrailingBackslash:
      what = "trailing backslash at end of expression";
      break;
    case RE2::ErrorRepeatArgument:
      what = "missing argument to repetition operator";
      break;
    case RE2::ErrorRepeatSize:
      what = "invalid repeat count";
      break;
    case RE2::ErrorRepeatOp:
      what = "invalid nested repetition operator";
      break;
    case RE2::ErrorBadPerlOp:
      what = "invalid or unsupported Perl syntax";
      break;
    case RE2::ErrorBadUTF8:
      what = "invalid UTF-8";
      break;
    case RE2::ErrorBadNamedCapture:
      what = "invalid named capture";
      break;
    case RE2::ErrorPatternTooLarge:
      what = "expression too large";
      break;
    default:
      break;
  }
  return std::string("error parsing regexp: ") + what + ": `" + expression.error_arg() + "`";
}

}  // namespace

std::expected<std::unique_ptr<const RE2>, std::string> compile_regex(std::string_view pattern) {
  auto compiled = std::make_unique<const RE2>(pattern, RE2::Quiet);
  if (!compiled->ok()) return std::unexpected(complaint(*compiled));
  return compiled;
}

}  // namespace dfp::tmpl
