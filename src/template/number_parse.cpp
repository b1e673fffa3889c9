#include "template/number.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/text.hpp"

namespace dfp::tmpl {
namespace {

unsigned digit_of(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'z' ? static_cast<unsigned>(lower - 'a' + 10) : 99U;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

/// Underscores must stand between digits; a base prefix counts as a digit.
bool underscores_ok(std::string_view text) {
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
  char last = '^';
  bool hex = false;
  if (text.size() >= 2 && text[0] == '0' &&
      std::string_view("box").find(lower(text[1])) != std::string_view::npos) {
    hex = lower(text[1]) == 'x';
    last = '0';
    text.remove_prefix(2);
  }
  for (char c : text) {
    bool digit = digit_of(c) < (hex ? 16U : 10U);
    if (c == '_' ? last != '0' : !digit && last == '_') return false;
    last = digit ? '0' : c == '_' ? '_' : '!';
  }
  return last != '_';
}

std::string without_underscores(std::string_view text) {
  std::string out;
  for (char c : text)
    if (c != '_') out += c;
  return out;
}

/// Strips the prefix of a literal and gives its base.
unsigned literal_base(std::string_view& text) {
  if (text.size() < 2 || text[0] != '0') return 10;
  char letter = text.size() >= 3 ? lower(text[1]) : '\0';
  unsigned base = letter == 'b' ? 2 : letter == 'o' ? 8 : letter == 'x' ? 16 : 0;
  text.remove_prefix(base ? 2 : 1);
  return base ? base : 8;
}

}  // namespace

Parsed<std::uint64_t> parse_unsigned(std::string_view text, unsigned base) {
  constexpr auto kSyntax = Parsed<std::uint64_t>{0, NumberError::Syntax};
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  if (text.empty()) return kSyntax;
  auto digits = text;
  bool literal = base == 0;
  if (literal) base = literal_base(digits);
  std::uint64_t value = 0;
  bool overflow = false;
  bool underscores = false;
  for (char c : digits) {
    if (c == '_' && literal) {
      underscores = true;
      continue;
    }
    unsigned digit = digit_of(c);
    if (digit >= base) return kSyntax;
    overflow = overflow || value > (kMax - digit) / base;
    value = value * base + digit;
    if (overflow && !literal) return {kMax, NumberError::Range};
  }
  if (underscores && !underscores_ok(text)) return kSyntax;
  if (overflow) return {kMax, NumberError::Range};
  return {value, std::nullopt};
}

Parsed<std::int64_t> parse_signed(std::string_view text, unsigned base) {
  bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  auto magnitude = parse_unsigned(text, base);
  if (magnitude.error == NumberError::Syntax) return {0, NumberError::Syntax};
  constexpr auto kCutoff = std::uint64_t{1} << 63;
  if (!negative && magnitude.value >= kCutoff)
    return {std::numeric_limits<std::int64_t>::max(), NumberError::Range};
  if (negative && magnitude.value > kCutoff)
    return {std::numeric_limits<std::int64_t>::min(), NumberError::Range};
  auto bits = negative ? ~magnitude.value + 1 : magnitude.value;
  return {static_cast<std::int64_t>(bits), std::nullopt};
}

namespace {

/// inf, infinity, nan in any case, with a sign (a nan takes none).
std::optional<double> special_double(std::string_view text) {
  bool has_sign = !text.empty() && (text[0] == '-' || text[0] == '+');
  double sign = has_sign && text[0] == '-' ? -1 : 1;
  auto word = text::lower(has_sign ? text.substr(1) : text);
  if (word == "inf" || word == "infinity") return sign * std::numeric_limits<double>::infinity();
  if (word == "nan" && !has_sign) return std::numeric_limits<double>::quiet_NaN();
  return std::nullopt;
}

/// Digits with at most one point and at least one digit; an exponent, which a hexadecimal number must have.
bool well_formed(std::string_view digits, bool hex) {
  std::size_t at = 0;
  std::size_t seen = 0;
  std::size_t points = 0;
  for (; at < digits.size(); ++at) {
    if (digits[at] == '.')
      ++points;
    else if (digit_of(digits[at]) < (hex ? 16U : 10U))
      ++seen;
    else
      break;
  }
  if (seen == 0 || points > 1) return false;
  if (at == digits.size()) return !hex;
  if (lower(digits[at]) != (hex ? 'p' : 'e')) return false;
  ++at;
  if (at < digits.size() && (digits[at] == '+' || digits[at] == '-')) ++at;
  if (at == digits.size()) return false;
  for (; at < digits.size(); ++at)
    if (digits[at] < '0' || digits[at] > '9') return false;
  return true;
}

/// The number's power of ten (or of sixteen): negative when it is below one.
long order_of(std::string_view digits, bool hex) {
  auto exponent = std::min(digits.find_first_of(hex ? "pP" : "eE"), digits.size());
  auto point = std::min(digits.find('.'), exponent);
  auto first = std::min(digits.find_first_not_of("0."), exponent);
  long order = static_cast<long>(point) - static_cast<long>(first) - (first < point ? 1 : 0);
  if (exponent == digits.size()) return order;
  auto power = digits.substr(exponent + 1);
  if (power[0] == '+') power.remove_prefix(1);
  auto parsed = parse_signed(power, 10);
  constexpr long kHuge = 1'000'000'000;
  return order + static_cast<long>(std::clamp<std::int64_t>(parsed.value, -kHuge, kHuge));
}

/// std::from_chars does not say on which side a number is out of range: below it is zero, above infinity.
Parsed<double> out_of_range(std::string_view digits, bool hex, double sign) {
  if (order_of(digits, hex) < 0) return {sign * 0.0, std::nullopt};
  return {sign * std::numeric_limits<double>::infinity(), NumberError::Range};
}

}  // namespace

Parsed<double> parse_double(std::string_view text) {
  if (auto special = special_double(text)) return {*special, std::nullopt};
  constexpr auto kSyntax = Parsed<double>{0, NumberError::Syntax};
  auto rest = text;
  double sign = 1;
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) {
    sign = rest[0] == '-' ? -1 : 1;
    rest.remove_prefix(1);
  }
  bool hex = rest.size() > 2 && rest[0] == '0' && lower(rest[1]) == 'x';
  if (hex) rest.remove_prefix(2);
  bool underscores = rest.find('_') != rest.npos;
  if (underscores && !underscores_ok(text)) return kSyntax;
  auto digits = without_underscores(rest);
  if (!well_formed(digits, hex)) return kSyntax;
  double value = 0;
  auto format = hex ? std::chars_format::hex : std::chars_format::general;
  auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value, format);
  if (failure == std::errc::result_out_of_range) return out_of_range(digits, hex, sign);
  if (failure != std::errc() || end != digits.data() + digits.size()) return kSyntax;
  return {sign * value, std::nullopt};
}

}  // namespace dfp::tmpl
