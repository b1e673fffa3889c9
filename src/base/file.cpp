#include "base/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace dfp::file {
namespace {

Error failure(std::string_view operation, const std::filesystem::path& path) {
  auto code = errno == ENOENT ? Errc::NotFound : Errc::Unavailable;
  return {code, fmt::format("{} {}: {}", operation, path.string(), std::strerror(errno))};
}

Result<> write_all(int fd, std::string_view content, const std::filesystem::path& path) {
  while (!content.empty()) {
    auto n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(failure("write", path));
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

void sync_folder(const std::filesystem::path& path) {
  int fd = ::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

}  // namespace

Result<std::string> read(const std::filesystem::path& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::unexpected(failure("open", path));
  std::string content;
  char buffer[16384];
  for (;;) {
    auto n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      auto error = failure("read", path);
      ::close(fd);
      return std::unexpected(error);
    }
    if (n == 0) break;
    content.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(fd);
  return content;
}

Result<> write_atomic(const std::filesystem::path& path, std::string_view content, bool sync, unsigned mode) {
  auto temporary = path;
  temporary += fmt::format(".{}.tmp", ::getpid());
  ::unlink(temporary.c_str());  // of an earlier process with our number, or somebody's link
  int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  if (fd < 0) return std::unexpected(failure("create", temporary));
  auto written = write_all(fd, content, temporary);
  if (written && sync && ::fsync(fd) != 0) written = std::unexpected(failure("fsync", temporary));
  if (::close(fd) != 0 && written) written = std::unexpected(failure("close", temporary));
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0)
    written = std::unexpected(failure("rename", path));
  if (!written) ::unlink(temporary.c_str());
  if (written && sync) sync_folder(path);
  return written;
}

}  // namespace dfp::file
