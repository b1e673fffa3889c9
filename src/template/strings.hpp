#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Go's package strings, as far as template functions need it.
namespace dfp::tmpl {

class Sink;

namespace strings {

/// Between the separators; without a separator every character is a part.
std::vector<std::string> split(std::string_view text, std::string_view separator);
/// Replaces the first `count` occurrences, or all when it is negative. An empty `from` is found before every
/// character and at the end.
void replace(Sink& out, std::string_view text, std::string_view from, std::string_view to,
             std::int64_t count);
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);

}  // namespace strings
}  // namespace dfp::tmpl
