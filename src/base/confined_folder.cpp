#include "base/confined_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/text.hpp"

namespace dfp::file {
namespace {

/// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }

 private:
  int number_;
};

// A named pipe must not block, a terminal must not become ours.
constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

/// Component by component, following no link. For kernels without openat2.
int open_without_links(int folder, const std::filesystem::path& path) {
  Descriptor at(::dup(folder));
  for (auto part = path.begin(); part != path.end(); ++part) {
    if (*part == "..") {
      errno = EXDEV;
      return -1;
    }
    bool last = std::next(part) == path.end();
    Descriptor next(::openat(at.get(), part->c_str(), kFlags | O_NOFOLLOW | (last ? 0 : O_DIRECTORY)));
    if (next.get() < 0) return -1;
    at = std::move(next);
  }
  return ::dup(at.get());
}

int open_beneath(int folder, const std::filesystem::path& path) {
  open_how how{};
  how.flags = kFlags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  auto opened = static_cast<int>(::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how));
  bool unknown_call = opened < 0 && (errno == ENOSYS || errno == EPERM);
  return unknown_call ? open_without_links(folder, path) : opened;
}

Error failure(std::string_view path, int number) {
  auto shown = text::shown(path);
  if (number == ENOENT || number == ENOTDIR)
    return {Errc::NotFound, fmt::format("file {} does not exist", shown)};
  if (number == EXDEV || number == ELOOP)
    return {Errc::Rejected, fmt::format("file {} leads out of its directory", shown)};
  return {Errc::Unavailable, fmt::format("file {}: {}", shown, std::strerror(number))};
}

Result<std::string> read_all(const Descriptor& file, std::string_view path) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return std::unexpected(failure(path, errno));
  if (!S_ISREG(status.st_mode))
    return fail(Errc::Rejected, fmt::format("file {} is not a regular file", text::shown(path)));
  std::string content;
  char buffer[16384];
  for (;;) {
    auto count = ::read(file.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(failure(path, errno));
    if (count == 0) return content;
    content.append(buffer, static_cast<std::size_t>(count));
    if (content.size() > ConfinedFolder::kLargestFile)
      return fail(Errc::Rejected, fmt::format("file {} is larger than {} bytes", text::shown(path),
                                              ConfinedFolder::kLargestFile));
  }
}

}  // namespace

Result<ConfinedFolder> ConfinedFolder::open(const std::filesystem::path& folder) {
  int descriptor = ::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) {
    auto code = errno == ENOENT ? Errc::NotFound : Errc::Unavailable;
    return fail(code, fmt::format("directory {}: {}", text::shown(folder.string()), std::strerror(errno)));
  }
  return ConfinedFolder(folder, descriptor);
}

ConfinedFolder::ConfinedFolder(ConfinedFolder&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

ConfinedFolder& ConfinedFolder::operator=(ConfinedFolder other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

ConfinedFolder::~ConfinedFolder() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<std::string> ConfinedFolder::read(std::string_view path) const {
  if (path.empty() || path.find('\0') != path.npos) return std::unexpected(failure(path, ENOENT));
  std::filesystem::path wanted(path);
  if (wanted.is_absolute()) {
    wanted = wanted.lexically_normal().lexically_relative(path_.lexically_normal());
    if (wanted.empty() || *wanted.begin() == "..") return std::unexpected(failure(path, EXDEV));
  }
  Descriptor file(open_beneath(descriptor_, wanted));
  if (file.get() < 0) return std::unexpected(failure(path, errno));
  return read_all(file, path);
}

}  // namespace dfp::file
