#include "haproxy/worker/haproxy_log.hpp"

#include <utility>

#include "base/log.hpp"
#include "haproxy/process/message.hpp"
#include "haproxy/process/program.hpp"
#include "haproxy/worker/quoted_secrets.hpp"
#include "haproxy/worker/run_files.hpp"

namespace dfp::haproxy {
namespace {

constexpr std::size_t kMaxLinesAtOnce = 200;
constexpr std::size_t kMaxAlerts = 4096;

using Rank = process::Message::Rank;

void log_as_told(const process::Message& message) {
  log::Fields fields = {{"text", message.text}};
  if (message.routine)
    log::debug("haproxy.log", fields);
  else if (message.rank == Rank::Alert)
    log::error("haproxy.log", fields);
  else if (message.rank == Rank::Warning)
    log::warn("haproxy.log", fields);
  else
    log::info("haproxy.log", fields);
}

/// A backend that no service is in is a template's, and has its own name.
void log_change(const ServedName& name, const process::ServerChange& change) {
  log::Fields fields = {
      {"service", name.service}, {"instance", name.instance}, {"reason", std::string(change.reason)}};
  if (change.up) return log::info("server.up", fields);
  log::warn("server.down", fields);
  if (change.last) log::error("service.no_server_up", {{"service", name.service}});
}

}  // namespace

HaproxyLog::HaproxyLog(const std::filesystem::path& run_dir)
    : config_file_(RunFiles::config_file_in(run_dir)), tail_(run_dir / "haproxy.log") {}

void HaproxyLog::drain() {
  auto lines = without_secrets(tail_.read_lines(), config_file_);
  std::size_t logged = 0;
  for (const auto& line : lines) {
    if (auto errors = process::error_lines(line); !errors.empty())
      alerts_ += (alerts_.empty() ? "" : "; ") + errors;
    if (logged++ < kMaxLinesAtOnce) log_line(line);
  }
  if (alerts_.size() > kMaxAlerts) alerts_.erase(0, alerts_.size() - kMaxAlerts);
  if (lines.size() > kMaxLinesAtOnce)
    log::warn("haproxy.log_skipped", {{"lines", lines.size() - kMaxLinesAtOnce}});
}

std::string HaproxyLog::take_alerts() { return std::exchange(alerts_, {}); }

std::optional<ServedName> HaproxyLog::name_of(std::string_view backend, std::string_view server) const {
  return names_ ? names_(backend, server) : std::nullopt;
}

void HaproxyLog::log_line(const std::string& line) const {
  auto message = process::parse_message(line);
  auto change = process::parse_server_change(message.text);
  if (!change) return log_as_told(message);
  auto name = name_of(change->backend, change->server)
                  .value_or(ServedName{std::string(change->backend), std::string(change->server)});
  log_change(name, *change);
}

}  // namespace dfp::haproxy
