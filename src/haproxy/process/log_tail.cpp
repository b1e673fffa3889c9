#include "haproxy/process/log_tail.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace dfp::haproxy::process {
namespace {

constexpr int kPipeSize = 256 * 1024;
constexpr std::size_t kMostAtOnce = 1 << 20;
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
  struct stat status{};
  bool fifo = ::lstat(file_.c_str(), &status) == 0 && S_ISFIFO(status.st_mode);
  if (!fifo) {
    ::unlink(file_.c_str());
    fifo = ::mkfifo(file_.c_str(), 0600) == 0;
  }
  int opened = fifo ? ::open(file_.c_str(), O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC) : -1;
  if (opened < 0)
    return fail(Errc::Unavailable, fmt::format("open {}: {}", file_.string(), std::strerror(errno)));
  ::fcntl(opened, F_SETPIPE_SZ, kPipeSize);  // else it has 64 kB
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = opened;
  return {};
}

std::vector<std::string> LogTail::read_lines() {
  std::vector<std::string> lines;
  std::array<char, 16384> buffer;
  for (std::size_t read = 0; read < kMostAtOnce;) {
    auto size = ::read(descriptor_, buffer.data(), buffer.size());
    if (size <= 0) break;
    read += static_cast<std::size_t>(size);
    std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
    for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
      partial_ += bytes.substr(0, end);
      if (!partial_.empty() && !is_stop_notice(partial_)) lines.push_back(partial_.substr(0, kMaxLine));
      partial_.clear();
      bytes.remove_prefix(end + 1);
    }
    partial_ += bytes;
    if (partial_.size() > kMostAtOnce) partial_.resize(kMaxLine);
  }
  return lines;
}

}  // namespace dfp::haproxy::process
