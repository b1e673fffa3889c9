#include "haproxy/process/message.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace dfp::haproxy::process {
namespace {

/// How an ordinary start, reload or stop is told.
constexpr std::array<std::string_view, 10> kCourse = {"New worker (",
                                                      "Loading success.",
                                                      "Reloading HAProxy",
                                                      "haproxy version is",
                                                      "path to executable",
                                                      "Paused ",
                                                      "Resumed ",
                                                      "Stopping ",
                                                      "Exiting Master process",
                                                      "All workers exited. Exiting... (0)"};

bool is_ordinary_end(std::string_view text) {
  return (text.starts_with("Current worker (") || text.starts_with("Former worker (")) &&
         text.contains(" exited with code 0 ");
}

/// What commands bring about. Of the last server of a backend is told by what took it out.
bool is_ordered(std::string_view text) {
  bool of_server = text.starts_with("Server ") && (text.contains(" is going DOWN for maintenance.") ||
                                                   text.ends_with(" (leaving forced maintenance)."));
  return of_server || text == "Server deleted." || text.ends_with(" : New server registered.") ||
         text.ends_with("' has no server available!");
}

/// About the sections that we write around a template's.
bool is_of_our_making(std::string_view text) {
  return text.starts_with("log format ignored for ") ||
         text.contains(" rule will still be processed before ");
}

bool is_routine(std::string_view text) {
  return is_ordinary_end(text) || is_ordered(text) || is_of_our_making(text) ||
         std::ranges::any_of(kCourse, [&](auto start) { return text.starts_with(start); });
}

Message::Rank rank_of(std::string_view line) {
  if (line.starts_with("[ALERT]")) return Message::Rank::Alert;
  if (line.starts_with("[WARNING]")) return Message::Rank::Warning;
  return Message::Rank::Notice;
}

/// Takes a part off the front of `text`.
bool skip(std::string_view& text, std::string_view part) {
  if (!text.starts_with(part)) return false;
  text.remove_prefix(part.size());
  return true;
}

}  // namespace

Message parse_message(std::string_view line) {
  Message message{rank_of(line), "", false};
  auto text = text::trim(line);
  if (auto at = text.find(") : "); text.starts_with('[') && at != std::string_view::npos)
    text.remove_prefix(at + 4);
  for (auto part : {"CLI : ", "config : "}) skip(text, part);
  message.text = text;
  message.routine = is_routine(text);
  return message;
}

std::optional<ServerChange> parse_server_change(std::string_view text) {
  constexpr std::string_view kReason = ", reason: ";
  if (!skip(text, "Server ")) return std::nullopt;
  auto slash = text.find('/'), is = text.find(" is ");
  if (slash == std::string_view::npos || is == std::string_view::npos || slash > is) return std::nullopt;
  ServerChange change{text.substr(0, slash), text.substr(slash + 1, is - slash - 1), false, false, {}};
  text.remove_prefix(is + 4);
  change.up = skip(text, "UP");
  if ((!change.up && !skip(text, "DOWN")) || !skip(text, kReason)) return std::nullopt;
  auto end = text.find(" active and ");  // ". 1 active and 0 backup servers left."
  if (end != std::string_view::npos) end = text.rfind(". ", end);
  change.reason = text.substr(0, end);
  change.last = text.contains(". 0 active and 0 backup servers left.");
  return change;
}

}  // namespace dfp::haproxy::process
