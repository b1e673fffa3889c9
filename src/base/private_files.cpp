#include "base/private_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/log.hpp"

namespace dfp::file {
namespace fs = std::filesystem;
namespace {

constexpr mode_t kModeBits = 07777;
constexpr mode_t kFolderMode = 0700;
constexpr mode_t kFileMode = 0600;

std::unexpected<Error> failure(std::string_view setting, std::string_view operation, const fs::path& path) {
  return fail(Errc::InvalidArgument, fmt::format("{0}: {1} {2}: {3}; name another with --{0}", setting,
                                                 operation, path.string(), std::strerror(errno)));
}

std::string name_another(std::string_view setting) {
  return fmt::format("name another one with --{}", setting);
}

std::unexpected<Error> refuse(std::string_view setting, const fs::path& path, std::string_view why,
                              std::string_view way_out) {
  return fail(Errc::InvalidArgument, fmt::format("{}: {} {}; {}", setting, path.string(), why, way_out));
}

/// A descriptor of the thing itself, not of what a link leads to, that takes no lock away when it is closed.
class Place {
 public:
  explicit Place(const fs::path& path) : descriptor_(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)) {
    known_ = descriptor_ >= 0 && ::fstat(descriptor_, &status) == 0;
  }
  ~Place() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  bool known() const { return known_; }
  /// fchmod() refuses such a descriptor; its name below /proc leads to the same thing.
  bool set_mode(mode_t mode) const {
    return (status.st_mode & kModeBits) == mode ||
           ::chmod(fmt::format("/proc/self/fd/{}", descriptor_).c_str(), mode) == 0;
  }

  bool give_to_us() const {
    return ::fchownat(descriptor_, "", ::geteuid(), ::getegid(), AT_EMPTY_PATH) == 0;
  }

  struct stat status{};

 private:
  int descriptor_;
  bool known_ = false;
};

std::string owned_by(const struct stat& status) {
  return fmt::format("belongs to user {}, not to user {} who runs the proxy", status.st_uid, ::geteuid());
}

/// Why somebody else could exchange what lies in this folder; empty when nobody can.
std::string open_to_others(const struct stat& status) {
  if (status.st_uid != 0 && status.st_uid != ::geteuid())
    return fmt::format("belongs to user {}, who can exchange what is below it", status.st_uid);
  bool everybody = (status.st_mode & S_IWOTH) != 0 && (status.st_mode & S_ISVTX) == 0;
  return everybody ? "can be written by everybody" : "";
}

bool holds_nothing(const fs::path& folder) {
  std::error_code error;
  return fs::is_empty(folder, error) && !error;
}

/// Nobody else can bring anything into it once it is ours and closed, so what is empty then holds nothing of
/// others.
bool take_over(const fs::path& folder, const Place& place) {
  return ::geteuid() == 0 && holds_nothing(folder) && place.give_to_us() && place.set_mode(kFolderMode) &&
         holds_nothing(folder);
}

Result<> check_way_to(const fs::path& folder, std::string_view setting) {
  std::error_code error;
  auto parent = fs::canonical(folder, error).parent_path();
  if (error) return {};
  for (;; parent = parent.parent_path()) {
    struct stat status{};
    if (::stat(parent.c_str(), &status) != 0) return failure(setting, "look at", parent);
    if (auto why = open_to_others(status); !why.empty()) {
      if (::geteuid() == 0)
        return refuse(setting, folder, fmt::format("is not safe: {} {}", parent.string(), why),
                      "change that, or name another directory");
      log::warn("server.folder_open_to_others",
                {{"setting", setting}, {"folder", parent.string()}, {"reason", why}});
    }
    if (parent == parent.root_path()) return {};
  }
}

}  // namespace

Result<> make_private_folder(const fs::path& folder, std::string_view setting) {
  std::error_code error;
  if (folder.has_parent_path()) fs::create_directories(folder.parent_path(), error);
  if (error) {
    errno = error.value();
    return failure(setting, "make", folder.parent_path());
  }
  if (::mkdir(folder.c_str(), kFolderMode) != 0 && errno != EEXIST) return failure(setting, "make", folder);
  Place place(folder);
  if (!place.known()) return failure(setting, "open", folder);
  if (S_ISLNK(place.status.st_mode))
    return refuse(setting, folder, "is a link", "name the directory that it leads to");
  if (!S_ISDIR(place.status.st_mode))
    return refuse(setting, folder, "is not a directory", name_another(setting));
  bool ours = place.status.st_uid == ::geteuid() || take_over(folder, place);
  if (!ours)
    return refuse(
        setting, folder, owned_by(place.status),
        fmt::format("name a directory of its own, or: chown -R {} {}", ::geteuid(), folder.string()));
  if (!place.set_mode(kFolderMode)) return failure(setting, "set the mode of", folder);
  return check_way_to(folder, setting);
}

Result<> make_private_file(const fs::path& file, std::string_view setting) {
  int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode);
  if (made >= 0) {
    ::close(made);
    return {};
  }
  if (errno != EEXIST) {
    auto why = std::strerror(errno);
    return fail(Errc::Unavailable, fmt::format("{}: make {}: {}", setting, file.string(), why));
  }
  Place place(file);
  if (!place.known()) return failure(setting, "open", file);
  if (S_ISLNK(place.status.st_mode))
    return refuse(setting, file, "is a link", "name the file that it leads to, or move it away");
  if (!S_ISREG(place.status.st_mode))
    return refuse(setting, file, "is not a regular file", name_another(setting));
  if (place.status.st_uid != ::geteuid())
    return refuse(setting, file, owned_by(place.status),
                  fmt::format("name another file, or: chown {} {}", ::geteuid(), file.string()));
  if (place.status.st_nlink > 1)
    return refuse(setting, file, "has a second name somewhere else", "copy it, and use the copy");
  if (!place.set_mode(kFileMode)) return failure(setting, "set the mode of", file);
  return {};
}

}  // namespace dfp::file
