#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "template/number.hpp"

namespace dfp::tmpl {
namespace {

std::string chars(double value, std::chars_format format, int precision) {
  std::array<char, 2048> buffer;  // the longest: 309 digits, a point, and 1,074 decimals that are not zero
  auto result = precision < 0
                    ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format)
                    : std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format, precision);
  return {buffer.data(), result.ptr};
}

/// More decimals than any double has are zeros.
constexpr int kMostDecimals = 1100;

std::string fixed_digits(double value, std::chars_format format, int precision) {
  auto out = chars(value, format, std::min(precision, kMostDecimals));
  if (precision > kMostDecimals) {
    auto exponent = out.find('e');
    out.insert(exponent == out.npos ? out.size() : exponent,
               static_cast<std::size_t>(precision - kMostDecimals), '0');
  }
  return out;
}

/// Digits and decimal exponent: 0.DIGITS x 10^point.
struct Decimal {
  std::string digits;
  int point = 0;
};

Decimal decimal_of(double value, int significant) {
  auto text = significant < 0
                  ? chars(value, std::chars_format::scientific, -1)
                  : fixed_digits(value, std::chars_format::scientific, std::max(significant, 1) - 1);
  auto exponent = text.find('e');
  Decimal out{.digits = text.substr(0, 1), .point = std::atoi(text.c_str() + exponent + 1) + 1};
  if (exponent > 2) out.digits += text.substr(2, exponent - 2);
  while (!out.digits.empty() && out.digits.back() == '0') out.digits.pop_back();
  if (out.digits.empty()) out.point = 0;
  return out;
}

/// Go's %g: exponent form below -4 and from the precision on (21 never: that is JSON's rule), no trailing
/// zeros.
std::string general(double value, int precision) {
  bool shortest = precision < 0;
  auto decimal = decimal_of(value, precision);
  auto count = static_cast<int>(decimal.digits.size());
  int threshold = precision == 0 ? 1 : precision;
  if (threshold > count && count >= decimal.point) threshold = count;
  if (shortest) threshold = 6;
  int exponent = decimal.digits.empty() ? -1 : decimal.point - 1;
  if (decimal.digits.empty()) return "0";
  if (exponent < -4 || exponent >= threshold) {
    auto out = decimal.digits.substr(0, 1);
    if (count > 1) out += "." + decimal.digits.substr(1);
    return out + fmt::format("e{}{:02}", exponent < 0 ? '-' : '+', std::abs(exponent));
  }
  if (decimal.point <= 0)
    return "0." + std::string(static_cast<std::size_t>(-decimal.point), '0') + decimal.digits;
  auto whole = static_cast<std::size_t>(decimal.point);
  if (decimal.digits.size() <= whole) return decimal.digits + std::string(whole - decimal.digits.size(), '0');
  return decimal.digits.substr(0, whole) + "." + decimal.digits.substr(whole);
}

struct Parts {
  std::uint64_t mantissa;
  int exponent;  ///< of the mantissa as an integer
};

Parts parts_of(double value) {
  constexpr int kMantissaBits = 52;
  auto bits = std::bit_cast<std::uint64_t>(value);
  auto mantissa = bits & ((std::uint64_t{1} << kMantissaBits) - 1);
  int exponent = static_cast<int>(bits >> kMantissaBits & 0x7FF);
  if (exponent == 0)
    ++exponent;
  else
    mantissa |= std::uint64_t{1} << kMantissaBits;
  return {mantissa, exponent - 1023 - kMantissaBits};
}

/// mantissa p exponent, decimal: 4503599627370496p-52.
std::string binary(double value) {
  auto parts = parts_of(value);
  return fmt::format("{}p{:+}", parts.mantissa, parts.exponent);
}

/// 0x1.23abcp+20: one digit before the point, exponent of two digits or more.
std::string hexadecimal(double value, int precision) {
  auto [mantissa, exponent] = parts_of(value);
  if (mantissa == 0) exponent = -52;
  exponent += 52;
  // 1.52 bits to 1.60, so that digits are whole.
  while (mantissa != 0 && (mantissa & (std::uint64_t{1} << 52)) == 0) {
    mantissa <<= 1;
    --exponent;
  }
  mantissa <<= 8;
  if (precision >= 0 && precision < 15) {
    unsigned shift = static_cast<unsigned>(precision) * 4;
    auto extra = (mantissa << shift) & ((std::uint64_t{1} << 60) - 1);
    mantissa >>= 60 - shift;
    if ((extra | (mantissa & 1)) > (std::uint64_t{1} << 59)) ++mantissa;
    mantissa <<= 60 - shift;
    if ((mantissa & (std::uint64_t{1} << 61)) != 0) {
      mantissa >>= 1;
      ++exponent;
    }
  }
  std::string out = fmt::format("0x{}", mantissa >> 60 & 1);
  mantissa <<= 4;
  std::string decimals;
  for (int i = 0; precision < 0 ? mantissa != 0 : i < precision; ++i, mantissa <<= 4)
    decimals += "0123456789abcdef"[mantissa >> 60];
  if (!decimals.empty()) out += "." + decimals;
  return out + fmt::format("p{}{:02}", exponent < 0 ? '-' : '+', std::abs(exponent));
}

char lower_case(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

std::string magnitude(double value, char verb, int precision) {
  switch (verb) {
    case 'b':
      return binary(value);
    case 'e':
      return precision < 0 ? chars(value, std::chars_format::scientific, -1)
                           : fixed_digits(value, std::chars_format::scientific, precision);
    case 'f':
      return precision < 0 ? chars(value, std::chars_format::fixed, -1)
                           : fixed_digits(value, std::chars_format::fixed, precision);
    case 'x':
      return hexadecimal(value, precision);
    default:
      return general(value, precision);
  }
}

}  // namespace

std::string format_double(double value, char verb, int precision) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Inf" : "+Inf";
  auto out = magnitude(std::abs(value), lower_case(verb), precision);
  if (std::signbit(value)) out.insert(out.begin(), '-');
  if (verb >= 'A' && verb <= 'Z')
    for (char& c : out)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 0x20);
  return out;
}

}  // namespace dfp::tmpl
