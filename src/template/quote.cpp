#include "template/quote.hpp"

#include <fmt/format.h>

#include "template/unicode.hpp"

namespace dfp::tmpl {
namespace {

/// The escape of a control character that has a letter, 0 otherwise.
char escape_letter(char32_t code) {
  constexpr std::string_view kCodes = "\a\b\f\n\r\t\v";
  constexpr std::string_view kLetters = "abfnrtv";
  if (code == 0 || code > 0x7F) return 0;
  auto at = kCodes.find(static_cast<char>(code));
  return at == kCodes.npos ? '\0' : kLetters[at];
}

void append_escaped(std::string& out, unicode::Rune rune, char byte, char quote, bool ascii_only) {
  if (rune.bad()) {
    out += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    return;
  }
  auto code = rune.code;
  if (code == static_cast<char32_t>(quote) || code == '\\') {
    out += '\\';
    out += static_cast<char>(code);
  } else if (code < 0x80 ? unicode::is_print(code) : !ascii_only && unicode::is_print(code)) {
    unicode::append(out, code);
  } else if (char letter = escape_letter(code)) {
    out += '\\';
    out += letter;
  } else if (code < ' ' || code == 0x7F) {
    out += fmt::format("\\x{:02x}", static_cast<unsigned>(code));
  } else if (code < 0x10000) {
    out += fmt::format("\\u{:04x}", static_cast<unsigned>(code));
  } else {
    out += fmt::format("\\U{:08x}", static_cast<unsigned>(code));
  }
}

std::optional<char32_t> digits(std::string_view text, unsigned base) {
  char32_t value = 0;
  for (char c : text) {
    unsigned digit = c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
                     : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10)
                     : c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A' + 10)
                                            : 99U;
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

std::optional<UnquotedRune> numeric_escape(std::string_view text, std::size_t length, unsigned base) {
  if (text.size() < length) return std::nullopt;
  auto value = digits(text.substr(0, length), base);
  if (!value) return std::nullopt;
  bool is_byte = length <= 3;
  bool bad = is_byte ? *value > 0xFF : *value > 0x10FFFF || (*value >= 0xD800 && *value <= 0xDFFF);
  if (bad) return std::nullopt;
  return UnquotedRune{*value, is_byte, text.substr(length)};
}

}  // namespace

std::string quoted(std::string_view text, bool ascii_only) {
  std::string out = "\"";
  while (!text.empty()) {
    auto rune = unicode::decode(text);
    append_escaped(out, rune, text.front(), '"', ascii_only);
    text.remove_prefix(rune.size);
  }
  return out += '"';
}

std::string quoted_rune(char32_t code, bool ascii_only) {
  if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) code = unicode::kReplacement;
  std::string out = "'";
  append_escaped(out, {code, 4}, 0, '\'', ascii_only);
  return out += '\'';
}

bool can_backquote(std::string_view text) {
  while (!text.empty()) {
    auto rune = unicode::decode(text);
    if (rune.bad() || rune.code == 0xFEFF || (rune.code < ' ' && rune.code != '\t') || rune.code == '`' ||
        rune.code == 0x7F)
      return false;
    text.remove_prefix(rune.size);
  }
  return true;
}

std::optional<UnquotedRune> unquote_rune(std::string_view text, char quote) {
  if (text.empty() || (text.front() == quote && (quote == '\'' || quote == '"'))) return std::nullopt;
  if (text.front() != '\\') {
    auto rune = unicode::decode(text);
    return UnquotedRune{rune.code, false, text.substr(rune.size)};
  }
  if (text.size() < 2) return std::nullopt;
  char letter = text[1];
  auto rest = text.substr(2);
  constexpr std::string_view kLetters = "abfnrtv\\";
  constexpr std::string_view kCodes = "\a\b\f\n\r\t\v\\";
  if (auto at = kLetters.find(letter); at != kLetters.npos)
    return UnquotedRune{static_cast<char32_t>(kCodes[at]), false, rest};
  if (letter == 'x') return numeric_escape(rest, 2, 16);
  if (letter == 'u') return numeric_escape(rest, 4, 16);
  if (letter == 'U') return numeric_escape(rest, 8, 16);
  if (letter >= '0' && letter <= '7') return numeric_escape(text.substr(1), 3, 8);
  if ((letter == '\'' || letter == '"') && letter == quote)
    return UnquotedRune{static_cast<char32_t>(letter), false, rest};
  return std::nullopt;
}

std::optional<std::string> unquoted(std::string_view literal) {
  if (literal.size() < 2 || literal.front() != literal.back()) return std::nullopt;
  char quote = literal.front();
  auto text = literal.substr(1, literal.size() - 2);
  std::string out;
  if (quote == '`') {
    if (text.find('`') != text.npos) return std::nullopt;
    for (char c : text)
      if (c != '\r') out += c;
    return out;
  }
  if (quote != '"' || text.find('\n') != text.npos) return std::nullopt;
  while (!text.empty()) {
    auto rune = unquote_rune(text, quote);
    if (!rune) return std::nullopt;
    if (rune->is_byte)
      out += static_cast<char>(rune->code);
    else
      unicode::append(out, rune->code);
    text = rune->rest;
  }
  return out;
}

}  // namespace dfp::tmpl
