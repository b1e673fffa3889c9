#pragma once
#include <optional>
#include <string>
#include <string_view>

/// RFC 4648, section 4, with padding.
namespace dfp::base64 {

std::string encode(std::string_view bytes);
/// @return std::nullopt for anything but the exact output of an encoder.
std::optional<std::string> decode(std::string_view text);

}  // namespace dfp::base64
