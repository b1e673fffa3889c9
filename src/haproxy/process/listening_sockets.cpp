#include "haproxy/process/listening_sockets.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "base/file.hpp"
#include "base/text.hpp"

namespace dfp::haproxy::process {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kListen = "0A";  // TCP_LISTEN of the kernel's include/net/tcp_states.h
constexpr std::size_t kWordDigits = 8;

template <class Number>
bool parse_hex(std::string_view text, Number& number) {
  auto end = text.data() + text.size();
  return std::from_chars(text.data(), end, number, 16).ptr == end;
}

/// The kernel writes an address as words of its own byte order.
std::string address_of(std::string_view digits) {
  std::array<std::uint32_t, 4> words{};
  auto count = digits.size() / kWordDigits;
  if (count != 1 && count != words.size()) return {};
  for (std::size_t i = 0; i < count; ++i)
    if (!parse_hex(digits.substr(i * kWordDigits, kWordDigits), words[i])) return {};
  if (count == 1 && words[0] == 0) return "*";
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(count == 1 ? AF_INET : AF_INET6, words.data(), text.data(), text.size());
  return text.data();
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    auto end = std::min(line.find(' '), line.size());
    if (end > 0) words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

/// The numbers in "socket:[12345]".
Result<std::set<std::string>> sockets_of(pid_t pid) {
  std::set<std::string> inodes;
  std::error_code error;
  auto folder = fs::path(fmt::format("/proc/{}/fd", pid));
  fs::directory_iterator entries(folder, error);
  if (error == std::errc::no_such_file_or_directory) return inodes;  // it has ended
  if (error) return fail(Errc::Unavailable, fmt::format("{}: {}", folder.string(), error.message()));
  for (const auto& entry : entries) {
    std::error_code closed;
    auto target = fs::read_symlink(entry.path(), closed).string();
    constexpr std::string_view kSocket = "socket:[";
    if (target.starts_with(kSocket))
      inodes.insert(target.substr(kSocket.size(), target.size() - kSocket.size() - 1));
  }
  return inodes;
}

}  // namespace

std::vector<ListeningSocket> parse_socket_table(std::string_view table, const std::set<std::string>& inodes) {
  // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ...
  constexpr std::size_t kLocal = 1, kState = 3, kInode = 9;
  std::vector<ListeningSocket> sockets;
  for (const auto& line : text::split(table, '\n')) {
    auto words = words_of(line);
    if (words.size() <= kInode || words[kState] != kListen || !inodes.contains(std::string(words[kInode])))
      continue;
    auto colon = words[kLocal].find(':');
    ListeningSocket socket{address_of(words[kLocal].substr(0, colon)), 0};
    bool good = colon != std::string_view::npos && parse_hex(words[kLocal].substr(colon + 1), socket.port);
    if (good && !socket.address.empty()) sockets.push_back(std::move(socket));
  }
  return sockets;
}

Result<std::vector<ListeningSocket>> listening_sockets(const std::vector<pid_t>& pids) {
  std::set<std::string> inodes;
  for (auto pid : pids) {
    auto some = sockets_of(pid);
    if (!some) return std::unexpected(some.error());
    inodes.merge(*some);
  }
  std::vector<ListeningSocket> all;
  for (const char* file : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    auto table = file::read(file);
    if (!table && table.error().code == Errc::NotFound) continue;  // no IPv6
    if (!table) return fail(Errc::Unavailable, table.error().what);
    std::ranges::move(parse_socket_table(*table, inodes), std::back_inserter(all));
  }
  std::ranges::sort(all);
  all.erase(std::ranges::unique(all).begin(), all.end());
  return all;
}

}  // namespace dfp::haproxy::process
