#include "haproxy/runtime/replies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"

namespace dfp::haproxy::runtime {
namespace {

constexpr std::string_view kEnd = "\n> ";
constexpr std::string_view kPayloadPrompt = "+ ";

/// Calls `visit` with every line that is not empty and not a comment.
template <class Visitor>
void for_each_line(std::string_view text, Visitor visit) {
  while (!text.empty()) {
    auto end = text.find('\n');
    auto line = text.substr(0, end);
    if (!line.empty()) visit(line);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
}

std::string_view next_word(std::string_view& line) {
  auto begin = line.find_first_not_of(' ');
  if (begin == std::string_view::npos) return line = {};
  line.remove_prefix(begin);
  auto end = std::min(line.find(' '), line.size());
  auto word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

template <class Number>
bool parse(std::string_view text, Number& value) {
  auto end = text.data() + text.size();
  auto result = std::from_chars(text.data(), end, value);
  return result.ec == std::errc() && result.ptr == end;
}

std::unexpected<Error> not_understood(std::string_view command, std::string_view line) {
  return fail(Errc::Internal,
              fmt::format("haproxy: reply to '{}' not understood: {}", command, text::shown(line)));
}

/// "master 3 [failed: 1] 0d00h03m48s 2.6.12".
bool parse_master(std::string_view line, ProcessList& list) {
  if (!parse(next_word(line), list.reloads)) return false;
  constexpr std::string_view kFailed = "[failed: ";
  if (auto at = line.find(kFailed); at != std::string_view::npos) {
    auto number = line.substr(at + kFailed.size());
    number = number.substr(0, number.find(']'));
    if (!parse(number, list.failed)) return false;
    line.remove_prefix(line.find(']') + 1);
  }
  next_word(line);  // uptime
  list.version = next_word(line);
  return true;
}

}  // namespace

std::optional<std::string> ReplyReader::next() {
  auto end = buffer_.find(kEnd, std::max(scanned_, begin_));
  if (end == std::string::npos) {
    scanned_ = buffer_.size() < kEnd.size() ? 0 : buffer_.size() - (kEnd.size() - 1);
    return std::nullopt;
  }
  std::string_view reply(buffer_.data() + begin_, end - begin_);
  while (reply.starts_with(kPayloadPrompt)) reply.remove_prefix(kPayloadPrompt.size());
  while (reply.ends_with('\n')) reply.remove_suffix(1);
  std::string out(reply);
  begin_ = scanned_ = end + kEnd.size();
  if (begin_ == buffer_.size()) {
    buffer_.clear();
    begin_ = scanned_ = 0;
  }
  return out;
}

Result<ProcessList> parse_process_list(std::string_view reply) {
  ProcessList list;
  auto* group = &list.workers;
  bool understood = true;
  for_each_line(reply, [&](std::string_view line) {
    if (line == "# old workers") group = &list.old_workers;
    if (line.starts_with('#')) return;
    auto rest = line;
    pid_t pid = 0;
    understood = understood && parse(next_word(rest), pid);
    auto type = next_word(rest);
    if (type == "worker") group->push_back(pid);
    if (type != "master") return;
    list.master = pid;
    understood = understood && parse_master(rest, list);
  });
  if (!understood || list.master == 0) return not_understood("show proc", reply);
  return list;
}

Result<Info> parse_info(std::string_view reply) {
  Info info;
  for_each_line(reply, [&](std::string_view line) {
    auto colon = line.find(':');
    if (colon == std::string_view::npos) return;
    auto key = text::lower(line.substr(0, colon));
    auto value = text::trim(line.substr(colon + 1));
    if (key == "pid") parse(value, info.pid);
    if (key == "version") info.version = value;
    if (key == "description") info.description = value;
    if (key == "stopping") info.stopping = value != "0";
  });
  if (info.pid == 0) return not_understood("show info", reply);
  return info;
}

Result<std::vector<MapEntry>> parse_map(std::string_view reply) {
  std::vector<MapEntry> entries;
  std::string_view bad;
  for_each_line(reply, [&](std::string_view line) {
    auto rest = line;
    auto reference = next_word(rest);
    auto key = next_word(rest);
    if (!reference.starts_with("0x") || key.empty()) bad = line;
    entries.push_back({std::string(key), std::string(text::trim(rest))});
  });
  if (!bad.empty()) return not_understood("show map", bad);
  return entries;
}

Result<std::vector<ServerRow>> parse_servers(std::string_view reply) {
  // Columns of version 1 of the format; management guide, "show servers state".
  enum {
    kBackend = 1,
    kName = 3,
    kAddress = 4,
    kState = 5,
    kAdmin = 6,
    kWeight = 7,
    kCheck = 13,
    kPort = 18
  };
  constexpr unsigned kAdminMaintenance =
      0x01 | 0x02 | 0x04 | 0x20;  // forced, inherited, by config, by resolver
  constexpr unsigned kAdminDrain = 0x08 | 0x10;
  constexpr unsigned kCheckEnabled = 0x02 | 0x04;  // configured and enabled
  std::vector<ServerRow> rows;
  std::string_view bad;
  for_each_line(reply, [&](std::string_view line) {
    if (line.starts_with('#') || line == "1") return;
    std::array<std::string_view, kPort + 1> column;
    auto rest = line;
    for (auto& text : column) text = next_word(rest);
    unsigned state = 0;
    unsigned admin = 0;
    unsigned check = 0;
    ServerRow row;
    if (!parse(column[kState], state) || !parse(column[kAdmin], admin) || !parse(column[kCheck], check) ||
        !parse(column[kWeight], row.weight) || !parse(column[kPort], row.port))
      bad = line;
    row.backend = column[kBackend];
    row.name = column[kName];
    row.address = column[kAddress];
    row.up = state != 0;
    row.maintenance = (admin & kAdminMaintenance) != 0;
    row.draining = (admin & kAdminDrain) != 0;
    row.checked = (check & kCheckEnabled) == kCheckEnabled;
    rows.push_back(std::move(row));
  });
  if (!bad.empty()) return not_understood("show servers state", bad);
  return rows;
}

std::vector<std::string> parse_names(std::string_view reply) {
  std::vector<std::string> names;
  for_each_line(reply, [&](std::string_view line) {
    if (!line.starts_with('#')) names.emplace_back(line);
  });
  return names;
}

Result<> check_quiet(std::string_view command, std::string_view reply) {
  if (reply.empty()) return {};
  return fail(Errc::Rejected, fmt::format("haproxy refused '{}': {}", command, text::trim(reply)));
}

Result<> check_reply(std::string_view command, std::string_view reply, std::string_view wanted) {
  if (reply.contains(wanted)) return {};
  auto answer = reply.empty() ? std::string_view("no answer") : text::trim(reply);
  return fail(Errc::Rejected, fmt::format("haproxy refused '{}': {}", command, answer));
}

}  // namespace dfp::haproxy::runtime
