#include "base/log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <chrono>
#include <cstdlib>

#include "base/line_writer.hpp"
#include "base/log_output.hpp"

namespace dfp::log {
namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;
constexpr auto kAtExit = std::chrono::milliseconds(500);

std::atomic<Level> g_level{Level::Info};
std::atomic<Format> g_format{Format::Text};

std::string quote(std::string_view text) { return boost::json::serialize(boost::json::string(text)); }

bool needs_quotes(std::string_view text) {
  return text.empty() || text.find_first_of(" \t\r\n\"=\\") != std::string_view::npos;
}

std::string value_text(const Field& field, Format format) {
  if (auto* text = std::get_if<std::string>(&field.value))
    return format == Format::Json || needs_quotes(*text) ? quote(*text) : *text;
  if (auto* number = std::get_if<std::int64_t>(&field.value)) return fmt::format("{}", *number);
  if (auto* number = std::get_if<double>(&field.value)) return fmt::format("{:.6g}", *number);
  return std::get<bool>(field.value) ? "true" : "false";
}

std::string render_body(Level level, std::string_view event, Fields fields, Format format,
                        std::string_view time) {
  fmt::memory_buffer out;
  auto to = std::back_inserter(out);
  if (format == Format::Json) {
    fmt::format_to(to, "{{");
    if (!time.empty()) fmt::format_to(to, "\"time\":\"{}\",", time);
    fmt::format_to(to, "\"level\":\"{}\",\"event\":{}", to_string(level), quote(event));
    for (const auto& field : fields)
      fmt::format_to(to, ",{}:{}", quote(field.key), value_text(field, format));
    fmt::format_to(to, "}}");
  } else {
    if (!time.empty()) fmt::format_to(to, "{} ", time);
    fmt::format_to(to, "{:<5} {}", to_string(level), event);
    for (const auto& field : fields) fmt::format_to(to, " {}={}", field.key, value_text(field, format));
  }
  return fmt::to_string(out);
}

std::string line_now(Level level, std::string_view event, Fields fields) {
  auto now = std::chrono::system_clock::now();
  auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  auto time =
      fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)), ms);
  return render_body(level, event, fields, g_format.load(std::memory_order_relaxed), time) + "\n";
}

std::string dropped_line(std::uint64_t dropped) {
  return line_now(Level::Warn, "log.dropped", {{"lines", dropped}});
}

/// Of standard error. Never destroyed: others may log until the very end.
LineWriter& writer() {
  static auto* const instance = [] {
    std::atexit([] { flush(kAtExit); });
    return new LineWriter(STDERR_FILENO, kBufferBytes, dropped_line);
  }();
  return *instance;
}

void write(Level level, std::string_view event, Fields fields) {
  if (level < g_level.load(std::memory_order_relaxed)) return;
  auto line = line_now(level, event, fields);
  writer().put(std::move(line));
}

}  // namespace

std::string_view to_string(Level level) noexcept {
  switch (level) {
    case Level::Debug:
      return "debug";
    case Level::Info:
      return "info";
    case Level::Warn:
      return "warn";
    case Level::Error:
      return "error";
  }
  return "error";
}

std::string_view to_string(Format format) noexcept { return format == Format::Json ? "json" : "text"; }

Result<Level> parse_level(std::string_view text) {
  for (auto level : {Level::Debug, Level::Info, Level::Warn, Level::Error})
    if (text == to_string(level)) return level;
  return fail(Errc::InvalidArgument,
              fmt::format("log level \"{}\" is not one of debug, info, warn, error", text));
}

Result<Format> parse_format(std::string_view text) {
  if (text == "text") return Format::Text;
  if (text == "json") return Format::Json;
  return fail(Errc::InvalidArgument, fmt::format("log format \"{}\" is not one of text, json", text));
}

void configure(Level level, Format format) {
  g_level = level;
  g_format = format;
}
void set_level(Level level) { g_level = level; }

void debug(std::string_view event, Fields fields) { write(Level::Debug, event, fields); }
void info(std::string_view event, Fields fields) { write(Level::Info, event, fields); }
void warn(std::string_view event, Fields fields) { write(Level::Warn, event, fields); }
void error(std::string_view event, Fields fields) { write(Level::Error, event, fields); }

bool flush(std::chrono::milliseconds at_most) { return writer().flush(at_most); }
std::uint64_t dropped() { return writer().dropped(); }

std::string render_line(Level level, std::string_view event, Fields fields, Format format) {
  return render_body(level, event, fields, format, {});
}

}  // namespace dfp::log
