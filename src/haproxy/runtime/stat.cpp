#include "haproxy/runtime/stat.hpp"

#include <fmt/format.h>

#include <charconv>
#include <map>

#include "haproxy/runtime/commands.hpp"

namespace dfp::haproxy::runtime {
namespace {

/// Takes the next field of a line: plain, or in quotes with "" for a quote (RFC 4180).
std::string take_field(std::string_view& line) {
  std::string field;
  bool quoted = line.starts_with('"');
  if (quoted) line.remove_prefix(1);
  while (!line.empty()) {
    char c = line.front();
    line.remove_prefix(1);
    if (!quoted && c == ',') return field;
    if (quoted && c == '"' && !line.starts_with('"')) {
      quoted = false;
      continue;
    }
    if (quoted && c == '"') line.remove_prefix(1);
    field += c;
  }
  return field;
}

std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields;
  while (!line.empty()) fields.push_back(take_field(line));
  return fields;
}

class Table {
 public:
  explicit Table(std::string_view head) {
    for (const auto& name : fields_of(head)) columns_.emplace(name, columns_.size());
  }
  bool has(std::string_view column) const { return columns_.contains(column); }
  std::string text(const std::vector<std::string>& row, std::string_view column) const {
    auto at = columns_.find(column);
    return at == columns_.end() || at->second >= row.size() ? std::string() : row[at->second];
  }
  std::chrono::seconds seconds(const std::vector<std::string>& row, std::string_view column) const {
    auto value = text(row, column);
    long seconds = 0;
    std::from_chars(value.data(), value.data() + value.size(), seconds);
    return std::chrono::seconds(seconds);
  }

 private:
  std::map<std::string, std::size_t, std::less<>> columns_;
};

ServerStat read_row(const Table& table, const std::vector<std::string>& row) {
  ServerStat stat;
  stat.backend = table.text(row, "pxname");
  stat.server = table.text(row, "svname");
  stat.status = table.text(row, "status");
  stat.since = table.seconds(row, "lastchg");
  stat.check = table.text(row, "check_status");
  if (auto code = table.text(row, "check_code"); !code.empty() && code != "0") stat.check += "/" + code;
  stat.text = table.text(row, "last_chk");
  if (stat.text.empty()) stat.text = table.text(row, "check_desc");
  return stat;
}

}  // namespace

std::string show_servers(std::string_view backend) {
  constexpr int kServers = 4;  // the mask of types
  return fmt::format("show stat {} {} -1", backend.empty() ? "-1" : escaped(backend), kServers);
}

Result<std::vector<ServerStat>> parse_server_stats(std::string_view reply) {
  auto take_line = [&] {
    auto line = reply.substr(0, reply.find('\n'));
    reply.remove_prefix(std::min(line.size() + 1, reply.size()));
    return line;
  };
  auto head = take_line();
  if (!head.starts_with("# "))
    return fail(Errc::Rejected, "haproxy answers show stat with: " + std::string(head));
  Table table(head.substr(2));
  for (auto column : {"pxname", "svname", "status", "lastchg"})
    if (!table.has(column)) return fail(Errc::Rejected, fmt::format("haproxy's show stat has no {}", column));
  std::vector<ServerStat> stats;
  while (!reply.empty())
    if (auto line = take_line(); !line.empty()) stats.push_back(read_row(table, fields_of(line)));
  return stats;
}

}  // namespace dfp::haproxy::runtime
