#include "base/parse.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "base/text.hpp"

namespace dfp::parse {
namespace {
using std::chrono::milliseconds;

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr std::array kUnits = {Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000},
                               Unit{"s", 1000}, Unit{"ms", 1}};

/// Digits only: no sign, no space. Nothing when it does not fit.
bool read_digits(std::string_view text, std::uint64_t& out) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Result<bool> boolean(std::string_view text) {
  for (auto yes : {"1", "t", "T", "TRUE", "true", "True"})
    if (text == yes) return true;
  for (auto no : {"0", "f", "F", "FALSE", "false", "False"})
    if (text == no) return false;
  return fail(Errc::InvalidArgument,
              fmt::format("{} is not true or false (nor 1, t, T, TRUE, True, 0, f, F, FALSE, False)",
                          text::shown(text)));
}

Result<std::uint64_t> number(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t value = 0;
  if (read_digits(text, value) && value >= least && value <= most) return value;
  return fail(Errc::InvalidArgument,
              fmt::format("{} is not a number from {} to {}", text::shown(text), least, most));
}

bool is_ip_address(std::string_view text) {
  if (text.contains('\0')) return false;
  unsigned char bytes[sizeof(in6_addr)];
  std::string ended(text);
  return ::inet_pton(AF_INET, ended.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, ended.c_str(), bytes) == 1;
}

Result<milliseconds> duration(std::string_view text, milliseconds least, milliseconds most) {
  auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  auto name = digits == text.size() ? std::string_view("s") : text.substr(digits);
  auto unit = std::ranges::find(kUnits, name, &Unit::name);
  std::uint64_t count = 0;
  if (unit != kUnits.end() && read_digits(text.substr(0, digits), count) &&
      count <= static_cast<std::uint64_t>(most.count() / unit->ms)) {
    milliseconds span(static_cast<std::int64_t>(count) * unit->ms);
    if (span >= least) return span;
  }
  return fail(Errc::InvalidArgument,
              fmt::format("{} is not a duration from {} to {} (such as 250ms, 5s, 1m, 1h, 1d; a number alone "
                          "is seconds)",
                          text::shown(text), render_duration(least), render_duration(most)));
}

std::string render_duration(milliseconds span) {
  for (const auto& unit : kUnits)
    if (span.count() != 0 && span.count() % unit.ms == 0)
      return fmt::format("{}{}", span.count() / unit.ms, unit.name);
  return "0s";
}

}  // namespace dfp::parse
