#include "haproxy/runtime/stat.hpp"

#include <fmt/format.h>

#include "haproxy/runtime/stat_table.hpp"

namespace dfp::haproxy::runtime {
namespace {

ServerStat read_row(const StatTable& table) {
  ServerStat stat;
  stat.backend = table.text("pxname");
  stat.server = table.text("svname");
  stat.status = table.text("status");
  stat.since = std::chrono::seconds(table.number("lastchg"));
  stat.check = table.text("check_status");
  if (auto code = table.text("check_code"); !code.empty() && code != "0") stat.check += "/" + code;
  stat.text = table.text("last_chk");
  if (stat.text.empty()) stat.text = table.text("check_desc");
  return stat;
}

}  // namespace

std::string show_servers(std::string_view backend) {
  constexpr int kServers = 4;
  return show_stat(backend, kServers);
}

Result<std::vector<ServerStat>> parse_server_stats(std::string_view reply) {
  auto table = StatTable::parse(reply);
  if (!table) return std::unexpected(table.error());
  for (auto column : {"pxname", "svname", "status", "lastchg"})
    if (!table->has(column))
      return fail(Errc::Rejected, fmt::format("haproxy's show stat has no {}", column));
  std::vector<ServerStat> stats;
  while (table->next()) stats.push_back(read_row(*table));
  return stats;
}

}  // namespace dfp::haproxy::runtime
