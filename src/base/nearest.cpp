#include "base/nearest.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace dfp::text {
namespace {

constexpr std::size_t kLongest = 64;  // longer words are not mistyped ones; bounds the work on hostile input

/// Levenshtein distance, one row at a time.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, change}));
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> known) {
  if (word.size() > kLongest) return std::nullopt;
  std::optional<std::string_view> best;
  auto limit = std::max<std::size_t>(word.size() / 3, 1);
  for (auto candidate : known) {
    auto distance = edit_distance(lower(word), lower(candidate));
    if (distance > limit || (best && distance == limit)) continue;
    limit = distance;
    best = candidate;
  }
  return best;
}

std::string suggestion(std::string_view word, std::span<const std::string_view> known) {
  auto best = nearest(word, known);
  return best ? "; did you mean " + std::string(*best) + "?" : "";
}

}  // namespace dfp::text
