#pragma once
#include <cstdint>
#include <string>
#include <string_view>

/// UTF-8 and the character classes that Go's lexer and quoting rules need.
namespace dfp::tmpl::unicode {

inline constexpr char32_t kReplacement = 0xFFFD;

/// One decoded character. Bytes that are not UTF-8 decode one at a time to U+FFFD with size 1, as in Go.
struct Rune {
  char32_t code = kReplacement;
  std::size_t size = 0;  ///< bytes; 0 at the end of the text
  bool bad() const { return code == kReplacement && size == 1; }
};

Rune decode(std::string_view text);
/// The last character of the text.
Rune decode_last(std::string_view text);
/// Surrogates and codes above U+10FFFF become U+FFFD.
void append(std::string& out, char32_t code);
std::string encode(char32_t code);
std::size_t count(std::string_view text);
/// As Go's %#U: U+0078 'x'; control characters without the quotes.
std::string described(char32_t code);

bool is_letter(char32_t code);
bool is_digit(char32_t code);
bool is_space(char32_t code);
/// Letters, marks, numbers, punctuation, symbols, and the ASCII space.
bool is_print(char32_t code);
char32_t to_upper(char32_t code);
char32_t to_lower(char32_t code);
/// Upper case but for a few digraphs.
char32_t to_title(char32_t code);

}  // namespace dfp::tmpl::unicode
