#pragma once
#include <string>
#include <string_view>

namespace dfp {

/// SHA-256 as 64 hexadecimal digits: nobody can make two texts with the same one. Source: FIPS 180-4.
std::string sha256_hex(std::string_view text);

}  // namespace dfp
