#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

/// Small texts to values. An error says only what is allowed; the caller adds what it was for.
namespace dfp::parse {

/// The texts that Go's strconv.ParseBool takes: 1 t T TRUE true True, 0 f F FALSE false False.
Result<bool> boolean(std::string_view text);

/// A decimal number in [least, most], digits only.
Result<std::uint64_t> number(std::string_view text, std::uint64_t least, std::uint64_t most);

/// A literal IPv4 or IPv6 address, without brackets.
bool is_ip_address(std::string_view text);

/// Digits and a unit: ms, s, m, h, d. A number alone is seconds. "5", "250ms", "1h".
Result<std::chrono::milliseconds> duration(std::string_view text, std::chrono::milliseconds least,
                                           std::chrono::milliseconds most);

/// The shortest exact text that `duration` reads back: "250ms", "90s", "1h".
std::string render_duration(std::chrono::milliseconds span);

}  // namespace dfp::parse
