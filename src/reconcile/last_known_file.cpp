#include "reconcile/last_known_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/file.hpp"

namespace dfp::reconcile {
namespace {

Result<int> open_end(const std::string& path) {
  int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return fail(Errc::Unavailable,
                fmt::format("cannot open {} to add to it: {}", path, std::strerror(errno)));
  return fd;
}

Result<> write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    auto count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return fail(Errc::Unavailable, fmt::format("cannot add to {}: {}", path, std::strerror(errno)));
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

}  // namespace

LastKnownFile::~LastKnownFile() {
  if (fd_ >= 0) ::close(fd_);
}

void LastKnownFile::begin() {
  std::scoped_lock lock(mutex_);
  added_.clear();
}

Result<> LastKnownFile::add(const std::string& record) {
  std::scoped_lock lock(mutex_);
  auto line = "\n" + record + "\n";  // whatever was added before it may have been cut
  added_ += line;
  if (fd_ < 0) {
    auto opened = open_end(path_);
    if (!opened) return std::unexpected(opened.error());
    fd_ = *opened;
  }
  return write_all(fd_, line, path_);
}

Result<> LastKnownFile::write(std::uint64_t number, const std::string& text) {
  std::scoped_lock turn(turn_);
  if (number < written_) return {};
  written_ = number;
  auto next = path_ + ".next";
  if (auto written = file::write_atomic(next, text, true, 0600); !written) return written;
  return replace_by(next);
}

/// Nothing may be added to the old file between the reading of what was added and the renaming.
Result<> LastKnownFile::replace_by(const std::string& next) {
  std::scoped_lock lock(mutex_);
  if (!added_.empty()) {
    auto opened = open_end(next);
    if (!opened) return std::unexpected(opened.error());
    auto added = write_all(*opened, added_, next);
    ::close(*opened);
    if (!added) return added;
  }
  if (::rename(next.c_str(), path_.c_str()) != 0)
    return fail(Errc::Unavailable, fmt::format("cannot rename {}: {}", next, std::strerror(errno)));
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  return {};
}

}  // namespace dfp::reconcile
