#include "haproxy/process/survivors.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <optional>
#include <sstream>

#include "base/text.hpp"

namespace dfp::haproxy::process {
namespace fs = std::filesystem;
namespace {

struct Found {
  pid_t pid = 0;
  pid_t parent = 0;
  unsigned long long started = 0;  // in clock ticks since boot
};

/// Empty when the process has ended meanwhile. (A stream throws then, whatever its exceptions() say.)
std::string content(const fs::path& file) {
  std::string text;
  int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  std::array<char, 4096> buffer;
  for (auto size = ::read(fd, buffer.data(), buffer.size()); size > 0;
       size = ::read(fd, buffer.data(), buffer.size()))
    text.append(buffer.data(), static_cast<std::size_t>(size));
  ::close(fd);
  return text;
}

bool has_master_socket(const std::string& command_line, const std::string& socket) {
  auto words = text::split(command_line, '\0');
  for (std::size_t i = 0; i + 1 < words.size(); ++i)
    if (words[i] == "-S" && words[i + 1].starts_with(socket + ",")) return true;
  return false;
}

/// Unknown where we may not look: a worker has given up its rights, and then its master tells.
bool sees_other_files(const fs::path& process) {
  struct stat its{};
  struct stat ours{};
  return ::stat((process / "ns/mnt").c_str(), &its) == 0 && ::stat("/proc/self/ns/mnt", &ours) == 0 &&
         its.st_ino != ours.st_ino;
}

/// proc(5), /proc/pid/stat: the name stands in parentheses and may hold anything; then state, parent (4th
/// field), and the start as the 22nd.
std::optional<Found> look_at(const fs::path& process, pid_t pid) {
  auto stat = content(process / "stat");
  auto end_of_name = stat.rfind(')');
  if (end_of_name == std::string::npos) return std::nullopt;
  std::istringstream fields(stat.substr(end_of_name + 1));
  Found found{.pid = pid};
  char state = 0;
  fields >> state >> found.parent;
  std::string skipped;
  for (int field = 5; field < 22; ++field) fields >> skipped;
  fields >> found.started;
  if (!fields || state == 'Z' || state == 'X') return std::nullopt;
  return found;
}

std::vector<Found> processes_of(const std::string& master_socket) {
  std::vector<Found> all;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    auto name = entry.path().filename().string();
    pid_t pid = 0;
    auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) continue;
    if (!has_master_socket(content(entry.path() / "cmdline"), master_socket)) continue;
    if (sees_other_files(entry.path())) continue;
    if (auto found = look_at(entry.path(), pid)) all.push_back(*found);
  }
  return all;
}

}  // namespace

Survivors find_survivors(const std::string& master_socket) {
  auto all = processes_of(master_socket);
  std::ranges::sort(all, std::ranges::greater(), &Found::started);
  Survivors survivors;
  for (const auto& one : all) {
    bool child = std::ranges::any_of(all, [&](const auto& other) { return other.pid == one.parent; });
    // A worker never has children that bear the socket; a master whose workers have all ended is a master.
    bool parent = std::ranges::any_of(all, [&](const auto& other) { return other.parent == one.pid; });
    (child && !parent ? survivors.workers : survivors.masters).push_back(one.pid);
  }
  return survivors;
}

}  // namespace dfp::haproxy::process
