#include "base/base64.hpp"

#include <array>
#include <cstdint>

namespace dfp::base64 {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNone = 0xFF;

constexpr auto kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNone);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

}  // namespace

std::string encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    auto group = bytes.substr(i, 3);
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j)
      bits = bits << 8 | (j < group.size() ? static_cast<unsigned char>(group[j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j)
      out += j <= group.size() ? kAlphabet[bits >> (18 - 6 * j) & 0x3F] : '=';
  }
  return out;
}

std::optional<std::string> decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  std::string out(text.size() / 4 * 3, '\0');
  char* end = out.data();
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    bits = 0;
    bool last = i + 4 == text.size();
    for (std::size_t j = 0; j < 4; ++j) {
      std::uint32_t value = last && j >= 4 - padding ? 0 : kValues[static_cast<unsigned char>(text[i + j])];
      if (value == kNone) return std::nullopt;
      bits = bits << 6 | value;
    }
    for (int shift : {16, 8, 0}) *end++ = static_cast<char>(bits >> shift & 0xFF);
  }
  auto unused = padding == 2 ? bits & 0xFFFF : padding == 1 ? bits & 0xFF : 0;
  if (unused != 0) return std::nullopt;  // bits that an encoder leaves at zero
  out.resize(out.size() - padding);
  return out;
}

}  // namespace dfp::base64
