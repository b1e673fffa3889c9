#include "haproxy/process/log_tail.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/log.hpp"
#include "base/text.hpp"

namespace dfp::haproxy::process {
namespace {

constexpr off_t kMaxSize = 4 << 20;
constexpr std::size_t kMaxLine = 4096;

bool is_stop_notice(std::string_view line) {
  return (line.contains("Proxy ") || line.contains("proxy ")) && line.contains(" stopped (cumulated conns");
}

}  // namespace

LogTail::LogTail(std::filesystem::path file) : file_(std::move(file)) {}
LogTail::~LogTail() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<> LogTail::open() {
  descriptor_ = ::open(file_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor_ < 0)
    return fail(Errc::Unavailable, fmt::format("open {}: {}", file_.string(), std::strerror(errno)));
  offset_ = ::lseek(descriptor_, 0, SEEK_END);
  return {};
}

std::vector<std::string> LogTail::read_lines() {
  std::vector<std::string> lines;
  std::array<char, 16384> buffer;
  for (;;) {
    auto size = ::pread(descriptor_, buffer.data(), buffer.size(), offset_);
    if (size <= 0) break;
    offset_ += size;
    std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
    for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
      partial_ += bytes.substr(0, end);
      if (!partial_.empty() && !is_stop_notice(partial_)) lines.push_back(partial_.substr(0, kMaxLine));
      partial_.clear();
      bytes.remove_prefix(end + 1);
    }
    partial_ += bytes;
  }
  if (offset_ > kMaxSize && ::ftruncate(descriptor_, 0) == 0) offset_ = 0;
  return lines;
}

void log_haproxy_line(const std::string& line) {
  auto text = text::trim(line);
  auto message = std::string(text);
  if (auto at = text.find(") : "); text.starts_with('[') && at != std::string_view::npos)
    message = text.substr(at + 4);
  if (text.starts_with("[ALERT]"))
    log::error("haproxy.log", {{"text", message}});
  else if (text.starts_with("[WARNING]"))
    log::warn("haproxy.log", {{"text", message}});
  else
    log::info("haproxy.log", {{"text", message}});
}

}  // namespace dfp::haproxy::process
