#include "haproxy/runtime/stat_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "haproxy/runtime/commands.hpp"

namespace dfp::haproxy::runtime {
namespace {

std::string_view take_line(std::string_view& text) {
  auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

/// Takes the next field of a line: plain, or in quotes with "" for a quote (RFC 4180).
std::string_view take_field(std::string_view& line) {
  std::size_t end = 0;
  bool quoted = false;
  for (; end < line.size() && (quoted || line[end] != ','); ++end)
    if (line[end] == '"') quoted = !quoted;
  auto field = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return field;
}

}  // namespace

std::string show_stat(std::string_view proxy, int types) {
  return fmt::format("show stat {} {} -1", proxy.empty() ? "-1" : escaped(proxy), types);
}

Result<StatTable> StatTable::parse(std::string_view reply) {
  auto head = take_line(reply);
  if (!head.starts_with("# "))
    return fail(Errc::Rejected, "haproxy answers show stat with: " + std::string(head));
  head.remove_prefix(2);
  StatTable table;
  while (!head.empty()) table.columns_.emplace(take_field(head), table.columns_.size());
  table.rest_ = reply;
  return table;
}

bool StatTable::next() {
  row_.clear();
  while (row_.empty() && !rest_.empty())
    for (auto line = take_line(rest_); !line.empty();) row_.push_back(take_field(line));
  return !row_.empty();
}

std::string_view StatTable::field(std::string_view column) const {
  auto at = columns_.find(column);
  return at == columns_.end() || at->second >= row_.size() ? std::string_view() : row_[at->second];
}

std::string StatTable::text(std::string_view column) const {
  auto raw = field(column);
  if (!raw.starts_with('"')) return std::string(raw);
  std::string text;
  for (std::size_t i = 1; i + 1 < raw.size(); ++i) {
    if (raw[i] == '"') ++i;  // the first of two
    text += raw[i];
  }
  return text;
}

std::uint64_t StatTable::number(std::string_view column) const {
  auto digits = field(column);
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace dfp::haproxy::runtime
