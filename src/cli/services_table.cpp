// The short form of `services`: one line for each.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "cli/instance_text.hpp"
#include "cli/json_fields.hpp"
#include "cli/services_text.hpp"

namespace dfp::cli {
namespace json = boost::json;
namespace {

constexpr std::size_t kColumns = 7;
using Row = std::array<std::string, kColumns>;
constexpr std::size_t kUpColumn = 4;
constexpr std::size_t kMaxCell = 40;  // a path may have 2 KiB

std::string shortened(std::string text) {
  if (text.size() <= kMaxCell) return text;
  auto end = kMaxCell - 3;
  while (end > 0 && (text[end] & 0xC0) == 0x80) --end;  // not inside a character of UTF-8
  return text.substr(0, end) + "...";
}

/// "a.com +2": the first, and how many more there are.
std::string first_of(const std::vector<std::string>& items, std::string_view none) {
  if (items.empty()) return std::string(none);
  return shortened(items.front()) + (items.size() > 1 ? fmt::format(" +{}", items.size() - 1) : "");
}

void add_hosts(const json::object& routes, std::vector<std::string>& hosts) {
  auto joined = text_of(routes, "ServiceDomain");
  if (!joined.empty()) std::ranges::copy(text::split(joined, ','), std::back_inserter(hosts));
}

Row row_of(const json::object& service) {
  std::vector<std::string> hosts, paths;
  for (const auto* destination : objects_of(service, "ServiceDest")) {
    add_hosts(*destination, hosts);
    std::ranges::copy(texts_of(*destination, "ServicePath"), std::back_inserter(paths));
  }
  if (!list_of(service, "ServiceDest")) {
    add_hosts(service, hosts);
    paths = texts_of(service, "ServicePath");
  }
  auto color = text_of(service, "ServiceColor");
  bool by_template = paths.empty() && hosts.empty();
  auto* servers = list_of(service, "Servers");
  return {text_of(service, "ServiceName"),
          color.empty() ? "-" : color,
          first_of(hosts, by_template ? "-" : "*"),
          first_of(paths, by_template ? "(template)" : "/"),
          servers ? fmt::format("{}/{}", number_of(service, "Up"), servers->size()) : "-",
          number_of(service, "Revision"),
          text_of(service, "ChangedAt")};
}

/// Columns as wide as their longest cell; none of spaces at the end of a line.
std::string render_rows(const std::vector<Row>& rows, Colors colors) {
  std::array<std::size_t, kColumns> widths{};
  for (const auto& row : rows)
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      auto cell = i + 1 < kColumns ? fmt::format("{:<{}}", row[i], widths[i]) : row[i];
      bool is_down = i == kUpColumn && row[i].starts_with("0/");
      out += (i == 0 ? "" : "  ") + (is_down ? red(cell, colors) : cell);
    }
    out += "\n";
  }
  return out;
}

/// What is wrong with one, as lines that begin with its name.
std::string render_troubles(const json::object& service) {
  auto name = text_of(service, "ServiceName");
  std::string out;
  if (auto up = up_of(service); up.starts_with("NO")) out += fmt::format("{}: {}\n", name, up);
  for (const auto& server : server_lines(service, true)) out += fmt::format("{}: server {}\n", name, server);
  if (auto unhealthy = joined(service, "Unhealthy"); !unhealthy.empty())
    out += fmt::format("{}: unhealthy: {}\n", name, unhealthy);
  if (differs_from_registered(service))
    out += fmt::format(
        "{}: other instances are registered than in use (--wide "
        "lists them; reconfigure takes over what is "
        "registered)\n",
        name);
  return out;
}

}  // namespace

std::string render_services_table(const json::object& answer, Colors colors) {
  auto services = objects_of(answer, "Services");
  if (services.empty()) return "no service is configured\n" + render_remarks(answer);
  auto name_of = [](const json::object* service) { return text_of(*service, "ServiceName"); };
  std::ranges::sort(services, {}, name_of);
  std::vector<Row> rows{{"SERVICE", "COLOR", "HOSTS", "PATHS", "UP/ALL", "REV", "CHANGED"}};
  std::string troubles;
  for (const auto* service : services) {
    rows.push_back(row_of(*service));
    troubles += render_troubles(*service);
  }
  return render_rows(rows, colors) + troubles + render_remarks(answer);
}

}  // namespace dfp::cli
