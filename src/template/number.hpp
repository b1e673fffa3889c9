#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Numbers as Go reads and writes them (package strconv).
namespace dfp::tmpl {

enum class NumberError { Syntax, Range };
template <class T>
struct Parsed {
  T value{};
  std::optional<NumberError> error;
  bool ok() const { return !error; }
};

/// @param base 2-36, or 0: by prefix 0b, 0o, 0, 0x, with underscores between digits
Parsed<std::uint64_t> parse_unsigned(std::string_view text, unsigned base);
Parsed<std::int64_t> parse_signed(std::string_view text, unsigned base);
/// Decimal and hexadecimal floats, underscores, "inf", "nan".
Parsed<double> parse_double(std::string_view text);

/// @param verb b e E f F g G x X as in fmt. @param precision digits, -1: as few as say exactly this number
/// Always begins with a sign only for negative numbers; "+Inf", "-Inf", "NaN".
std::string format_double(double value, char verb, int precision);

}  // namespace dfp::tmpl
