#pragma once
#include <string>
#include <string_view>
#include <vector>

/// Small text functions over bytes; nothing here depends on the locale.
namespace dfp::text {

/// Splits at every separator; "" gives one empty part.
std::vector<std::string> split(std::string_view input, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
/// Without ASCII white space at both ends.
std::string_view trim(std::string_view input);
/// ASCII letters only.
std::string lower(std::string_view input);
bool is_valid_utf8(std::string_view input);
/// The input in double quotes for a message: control bytes and bad UTF-8 as \xNN, at most 80 bytes shown.
std::string shown(std::string_view input);
/// RFC 3986: everything outside unreserved characters and `keep` becomes %XX.
std::string percent_encode(std::string_view input, std::string_view keep = "");

}  // namespace dfp::text
