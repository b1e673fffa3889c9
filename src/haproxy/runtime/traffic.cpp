#include "haproxy/runtime/traffic.hpp"

#include "haproxy/runtime/stat_table.hpp"

namespace dfp::haproxy::runtime {
namespace {

/// In the order of Count.
constexpr std::array<std::string_view, kCounts> kColumns = {
    "hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other",
    "bin",      "bout",     "conn_tot", "dreq",     "ereq",     "econ",
    "eresp",    "wretr",    "wredis",   "cli_abrt", "srv_abrt"};
/// In the order of Span.
constexpr std::array<std::string_view, kSpans> kAverages = {"qtime", "ctime", "rtime", "ttime"};

}  // namespace

std::string show_traffic(std::string_view proxy) {
  constexpr int kFrontendsAndBackends = 3;
  return show_stat(proxy, kFrontendsAndBackends);
}

Result<std::vector<TrafficStat>> parse_traffic(std::string_view reply) {
  auto table = StatTable::parse(reply);
  if (!table) return std::unexpected(table.error());
  std::vector<TrafficStat> stats;
  while (table->next()) {
    TrafficStat stat{table->text("pxname"), table->text("svname") == "FRONTEND", {}};
    for (std::size_t i = 0; i < kCounts; ++i) stat.traffic.counts[i] = table->number(kColumns[i]);
    for (std::size_t i = 0; i < kSpans; ++i) stat.traffic.averages[i] = table->number(kAverages[i]);
    stat.traffic.sessions = table->number("scur");
    stat.traffic.queued = table->number("qcur");
    stats.push_back(std::move(stat));
  }
  return stats;
}

}  // namespace dfp::haproxy::runtime
