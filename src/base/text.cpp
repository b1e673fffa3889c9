#include "base/text.hpp"

#include <fmt/format.h>

namespace dfp::text {
namespace {

bool is_alnum(unsigned char c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'); }

/// Length of the well-formed UTF-8 sequence at the front (Unicode 15, table 3-7), 0 if there is none.
std::size_t utf8_length(std::string_view s) {
  auto byte = [&](std::size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0U; };
  auto tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  unsigned first = byte(0);
  if (first < 0x80) return s.empty() ? 0 : 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    bool second = first == 0xE0   ? byte(1) >= 0xA0 && byte(1) <= 0xBF
                  : first == 0xED ? byte(1) >= 0x80 && byte(1) <= 0x9F
                                  : tail(1);
    return second && tail(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    bool second = first == 0xF0   ? byte(1) >= 0x90 && byte(1) <= 0xBF
                  : first == 0xF4 ? byte(1) >= 0x80 && byte(1) <= 0x8F
                                  : tail(1);
    return second && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::vector<std::string> split(std::string_view input, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    auto at = input.find(separator);
    parts.emplace_back(input.substr(0, at));
    if (at == std::string_view::npos) return parts;
    input.remove_prefix(at + 1);
  }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string_view trim(std::string_view input) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  auto first = input.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return input.substr(first, input.find_last_not_of(kSpace) - first + 1);
}

std::string lower(std::string_view input) {
  std::string out(input);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return out;
}

bool is_valid_utf8(std::string_view input) {
  while (!input.empty()) {
    auto length = utf8_length(input);
    if (length == 0) return false;
    input.remove_prefix(length);
  }
  return true;
}

std::string shown(std::string_view input) {
  constexpr std::size_t kMax = 80;
  bool cut = input.size() > kMax;
  std::string out = "\"";
  for (auto rest = input.substr(0, kMax); !rest.empty();) {
    auto length = utf8_length(rest);
    auto c = static_cast<unsigned char>(rest[0]);
    if (length == 0 || c < 0x20 || c == 0x7F) {
      out += fmt::format("\\x{:02x}", c);
      length = 1;
    } else {
      out += rest.substr(0, length);
    }
    rest.remove_prefix(length);
  }
  return out + (cut ? "…\"" : "\"");
}

std::string percent_encode(std::string_view input, std::string_view keep) {
  std::string out;
  for (char c : input) {
    bool plain =
        is_alnum(static_cast<unsigned char>(c)) || std::string_view("-._~").contains(c) || keep.contains(c);
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace dfp::text
