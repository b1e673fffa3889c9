#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace dfp::text {

/// The known word that a mistyped one most likely meant: the smallest edit distance without case, at most a
/// third of the word's length. Nothing when none is near.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> known);

/// "; did you mean serviceName?", or an empty text: the end of a message about an unknown word.
std::string suggestion(std::string_view word, std::span<const std::string_view> known);

}  // namespace dfp::text
