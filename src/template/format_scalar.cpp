#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "template/format.hpp"
#include "template/number.hpp"
#include "template/quote.hpp"
#include "template/unicode.hpp"

namespace dfp::tmpl {

void Printer::pad(std::string_view content) {
  if (!flags_.has_width || flags_.width == 0) return sink_.put(content);
  auto length = unicode::count(content);
  auto width = static_cast<std::size_t>(flags_.width);
  auto missing = width > length ? width - length : 0;
  if (!flags_.minus) sink_.fill(missing, flags_.zero ? '0' : ' ');
  sink_.put(content);
  if (flags_.minus) sink_.fill(missing, flags_.zero ? '0' : ' ');
}

/// The first `precision` characters.
std::string_view Printer::truncated(std::string_view content) const {
  if (!flags_.has_precision) return content;
  std::size_t end = 0;
  for (int left = flags_.precision; left > 0 && end < content.size(); --left)
    end += unicode::decode(content.substr(end)).size;
  return content.substr(0, end);
}

void Printer::boolean(const Value& value, char32_t verb) {
  if (verb != 't' && verb != 'v') return bad_verb(value, verb);
  pad(value.as_bool() ? "true" : "false");
}

void Printer::integer(const Value& value, char32_t verb) {
  bool is_signed = value.held_kind() == Kind::Int;
  auto bits = value.as_uint();
  bool negative = is_signed && value.as_int() < 0;
  auto magnitude = negative ? ~bits + 1 : bits;
  switch (verb) {
    case 'v':
      if (!flags_.sharp_v || is_signed) return digits(magnitude, negative, 10, verb, false);
      flags_.sharp = true;
      digits(magnitude, false, 16, verb, false);
      flags_.sharp = false;
      return;
    case 'd':
      return digits(magnitude, negative, 10, verb, false);
    case 'b':
      return digits(magnitude, negative, 2, verb, false);
    case 'o':
    case 'O':
      return digits(magnitude, negative, 8, verb, false);
    case 'x':
      return digits(magnitude, negative, 16, verb, false);
    case 'X':
      return digits(magnitude, negative, 16, verb, true);
    case 'c':
      return pad(unicode::encode(bits > 0x10FFFF ? unicode::kReplacement : static_cast<char32_t>(bits)));
    case 'q':
      return pad(
          quoted_rune(bits > 0x10FFFF ? unicode::kReplacement : static_cast<char32_t>(bits), flags_.plus));
    case 'U':
      return unicode_point(bits);
    default:
      return bad_verb(value, verb);
  }
}

void Printer::digits(std::uint64_t magnitude, bool negative, unsigned base, char32_t verb, bool upper) {
  auto zero = std::exchange(flags_.zero, false);
  std::size_t wanted = 0;
  if (flags_.has_precision) {
    wanted = static_cast<std::size_t>(flags_.precision);
    if (wanted == 0 && magnitude == 0) {
      // Nothing but padding.
      sink_.fill(static_cast<std::size_t>(flags_.has_width ? flags_.width : 0), ' ');
      flags_.zero = zero;
      return;
    }
  } else if (zero && flags_.has_width) {
    wanted = static_cast<std::size_t>(flags_.width);
    if (wanted > 0 && (negative || flags_.plus || flags_.space)) --wanted;
  }
  const char* format = base == 2 ? "{:b}" : base == 8 ? "{:o}" : base == 10 ? "{}" : upper ? "{:X}" : "{:x}";
  auto number = fmt::format(fmt::runtime(format), magnitude);
  if (number.size() < wanted) number.insert(0, wanted - number.size(), '0');
  std::string prefix = negative ? "-" : flags_.plus ? "+" : flags_.space ? " " : "";
  if (verb == 'O') prefix += "0o";
  if (flags_.sharp && base == 2) prefix += "0b";
  if (flags_.sharp && base == 8 && number.front() != '0') prefix += "0";
  if (flags_.sharp && base == 16) prefix += upper ? "0X" : "0x";
  pad(prefix + number);
  flags_.zero = zero;
}

void Printer::unicode_point(std::uint64_t code) {
  int width = flags_.has_precision && flags_.precision > 4 ? flags_.precision : 4;
  auto number = fmt::format("{:X}", code);
  auto wanted = static_cast<std::size_t>(width);
  if (number.size() < wanted) number.insert(0, wanted - number.size(), '0');
  auto out = "U+" + number;
  if (flags_.sharp && code <= 0x10FFFF && unicode::is_print(static_cast<char32_t>(code)))
    out += " '" + unicode::encode(static_cast<char32_t>(code)) + "'";
  auto zero = std::exchange(flags_.zero, false);
  pad(out);
  flags_.zero = zero;
}

void Printer::floating(double number, char32_t verb, const Value& value) {
  switch (verb) {
    case 'v':
      return float_text(number, 'g', -1);
    case 'b':
    case 'g':
    case 'G':
    case 'x':
    case 'X':
      return float_text(number, static_cast<char>(verb), -1);
    case 'f':
    case 'F':
      return float_text(number, 'f', 6);
    case 'e':
    case 'E':
      return float_text(number, static_cast<char>(verb), 6);
    default:
      return bad_verb(value, verb);
  }
}

namespace {

/// The sharp flag: always a decimal point, and zeros up to `count` significant digits.
std::string with_point(std::string number, char verb, int count) {
  bool hex = verb == 'x' || verb == 'X';
  auto tail_at = number.find_first_of(hex ? "pP" : "eEpP");
  auto tail = tail_at == number.npos ? std::string() : number.substr(tail_at);
  number.resize(std::min(tail_at, number.size()));
  bool point = false;
  bool significant = false;
  for (std::size_t i = 1; i < number.size(); ++i) {
    if (number[i] == '.') {
      point = true;
      continue;
    }
    significant = significant || number[i] != '0';
    if (significant) --count;
  }
  if (!point) {
    if (number.size() == 2 && number[1] == '0') --count;
    number += '.';
  }
  if (count > 0) number.append(static_cast<std::size_t>(count), '0');
  return number + tail;
}

}  // namespace

void Printer::float_text(double number, char verb, int precision) {
  if (flags_.has_precision) precision = flags_.precision;
  auto out = format_double(number, verb, precision);
  if (out[0] != '-' && out[0] != '+') out.insert(out.begin(), '+');
  if (flags_.space && out[0] == '+' && !flags_.plus) out[0] = ' ';
  if (out[1] == 'I' || out[1] == 'N') {
    // Not digits: never padded with zeros.
    auto zero = std::exchange(flags_.zero, false);
    bool bare = out[1] == 'N' && !flags_.space && !flags_.plus;
    pad(std::string_view(out).substr(bare ? 1 : 0));
    flags_.zero = zero;
    return;
  }
  if (flags_.sharp && verb != 'b') {
    bool counts = verb == 'g' || verb == 'G' || verb == 'x';
    out = with_point(std::move(out), verb, counts ? (precision < 0 ? 6 : precision) : 0);
  }
  if (!flags_.plus && out[0] == '+') return pad(std::string_view(out).substr(1));
  if (flags_.zero && flags_.has_width && static_cast<std::size_t>(flags_.width) > out.size()) {
    // The sign stands before the zeros.
    sink_.put(out[0]);
    sink_.fill(static_cast<std::size_t>(flags_.width) - out.size(), '0');
    return sink_.put(std::string_view(out).substr(1));
  }
  pad(out);
}

void Printer::complex(const Value& value, char32_t verb) {
  constexpr std::u32string_view kVerbs = U"vbgGxXfFeE";
  if (kVerbs.find(verb) == kVerbs.npos) return bad_verb(value, verb);
  auto number = value.as_complex();
  sink_.put('(');
  floating(number.real(), verb, value);
  auto plus = std::exchange(flags_.plus, true);
  floating(number.imag(), verb, value);
  flags_.plus = plus;
  sink_.put("i)");
}

void Printer::text(std::string_view content, char32_t verb, const Value& value) {
  switch (verb) {
    case 's':
      return pad(truncated(content));
    case 'v':
      return flags_.sharp_v ? pad(quoted(truncated(content))) : pad(truncated(content));
    case 'x':
    case 'X':
      return hex(content, verb == 'X');
    case 'q': {
      auto cut = truncated(content);
      if (flags_.sharp && can_backquote(cut)) return pad("`" + std::string(cut) + "`");
      return pad(quoted(cut, flags_.plus));
    }
    default:
      return bad_verb(value, verb);
  }
}

void Printer::hex(std::string_view content, bool upper) {
  if (flags_.has_precision) content = content.substr(0, static_cast<std::size_t>(flags_.precision));
  std::string out;
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (i > 0 && flags_.space) out += ' ';
    if (flags_.sharp && (i == 0 || flags_.space)) out += upper ? "0X" : "0x";
    auto byte = static_cast<unsigned char>(content[i]);
    out += upper ? fmt::format("{:02X}", byte) : fmt::format("{:02x}", byte);
  }
  pad(out);
}

}  // namespace dfp::tmpl
