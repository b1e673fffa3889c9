#pragma once
#include <optional>
#include <string>
#include <string_view>

/// Go's quoted strings (package strconv).
namespace dfp::tmpl {

/// "text" with Go's escapes. @param ascii_only escape every character above U+007F
std::string quoted(std::string_view text, bool ascii_only = false);
/// 'c' with Go's escapes.
std::string quoted_rune(char32_t code, bool ascii_only = false);
/// `text` can be written between back quotes: no control characters but tab, no back quote, one line, valid
/// UTF-8.
bool can_backquote(std::string_view text);

/// The text of a Go string literal, in double or back quotes. Nothing when it is malformed.
std::optional<std::string> unquoted(std::string_view literal);

/// The first character of what stands between quotes. `rest` is what follows it.
struct UnquotedRune {
  char32_t code = 0;
  bool is_byte = false;  ///< from \xNN or \NNN: one byte, not a character
  std::string_view rest;
};
std::optional<UnquotedRune> unquote_rune(std::string_view text, char quote);

}  // namespace dfp::tmpl
