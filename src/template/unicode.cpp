#include "template/unicode.hpp"

#include <fmt/format.h>
#include <locale.h>
#include <re2/re2.h>
#include <wctype.h>

namespace dfp::tmpl::unicode {
namespace {

/// RE2 carries the tables of Unicode's general categories.
bool in_class(const RE2& expression, char32_t code) { return RE2::FullMatch(encode(code), expression); }

/// Built into the C library; null only on a broken system, where case mapping is ASCII's.
locale_t utf8_locale() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

bool is_tail(unsigned char c) { return (c & 0xC0) == 0x80; }

}  // namespace

Rune decode(std::string_view text) {
  if (text.empty()) return {};
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return {kReplacement, 1};
  char32_t code = first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if (!is_tail(byte(i))) return {kReplacement, 1};
    code = code << 6 | (byte(i) & 0x3FU);
  }
  bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (overlong || surrogate || code > 0x10FFFF) return {kReplacement, 1};
  return {code, size};
}

Rune decode_last(std::string_view text) {
  for (std::size_t size = 1; size <= 4 && size <= text.size(); ++size) {
    auto rune = decode(text.substr(text.size() - size));
    if (rune.size == size && !rune.bad()) return rune;
  }
  return text.empty() ? Rune{} : Rune{kReplacement, 1};
}

void append(std::string& out, char32_t code) {
  if ((code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF) code = kReplacement;
  auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

std::string encode(char32_t code) {
  std::string out;
  append(out, code);
  return out;
}

std::size_t count(std::string_view text) {
  std::size_t runes = 0;
  while (!text.empty()) {
    text.remove_prefix(decode(text).size);
    ++runes;
  }
  return runes;
}

std::string described(char32_t code) {
  auto out = fmt::format("U+{:04X}", static_cast<std::uint32_t>(code));
  return is_print(code) ? out + " '" + encode(code) + "'" : out;
}

bool is_letter(char32_t code) {
  if (code < 0x80) return (code | 0x20) >= 'a' && (code | 0x20) <= 'z';
  static const RE2 expression("\\p{L}");
  return in_class(expression, code);
}

bool is_digit(char32_t code) {
  if (code < 0x80) return code >= '0' && code <= '9';
  static const RE2 expression("\\p{Nd}");
  return in_class(expression, code);
}

bool is_space(char32_t code) {
  switch (code) {
    case '\t':
    case '\n':
    case '\v':
    case '\f':
    case '\r':
    case ' ':
    case 0x85:
    case 0xA0:
      return true;
    default:
      break;
  }
  static const RE2 expression("\\p{Z}");
  return code >= 0x80 && in_class(expression, code);
}

bool is_print(char32_t code) {
  if (code < 0x80) return code >= 0x20 && code < 0x7F;
  static const RE2 expression("[\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}]");
  return in_class(expression, code);
}

char32_t to_upper(char32_t code) {
  if (code < 0x80) return code >= 'a' && code <= 'z' ? code - 0x20 : code;
  return utf8_locale() ? static_cast<char32_t>(towupper_l(static_cast<wint_t>(code), utf8_locale())) : code;
}

char32_t to_lower(char32_t code) {
  if (code < 0x80) return code >= 'A' && code <= 'Z' ? code + 0x20 : code;
  return utf8_locale() ? static_cast<char32_t>(towlower_l(static_cast<wint_t>(code), utf8_locale())) : code;
}

char32_t to_title(char32_t code) {
  if (code < 0x80 || !utf8_locale()) return to_upper(code);
  static const wctrans_t mapping = wctrans_l("totitle", utf8_locale());
  return static_cast<char32_t>(towctrans_l(static_cast<wint_t>(code), mapping, utf8_locale()));
}

}  // namespace dfp::tmpl::unicode
