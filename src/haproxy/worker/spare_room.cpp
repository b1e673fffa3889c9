#include "haproxy/worker/spare_room.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dfp::haproxy {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kBlock = 4096;
constexpr std::uint64_t kMargin = 4 * kBlock;  // folders, links, the small files beside
constexpr std::uint64_t kTooMuch = 4;          // times what is wanted: then some is given back
constexpr std::uint64_t kStep = 16;            // parts of what is wanted, where there is less

/// As much as there is, from a half on.
bool set_aside(int file, std::uint64_t bytes) {
  struct stat status{};
  if (::fstat(file, &status) != 0) return false;
  auto present = static_cast<std::uint64_t>(status.st_size);
  if (present >= bytes && present <= kTooMuch * bytes) return true;
  if (present > bytes) return ::ftruncate(file, static_cast<off_t>(bytes)) == 0;
  for (auto some = bytes; some >= bytes / 2 && some > present; some -= bytes / kStep + 1)
    if (::fallocate(file, 0, 0, static_cast<off_t>(some)) == 0) return true;
  return present > 0;
}

}  // namespace

void SpareRoom::keep(std::uint64_t bytes) const {
  int file = ::open(file_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return;
  bool kept = set_aside(file, bytes);
  ::close(file);
  if (!kept) give_up();
}

bool SpareRoom::give_up() const {
  std::error_code ignored;
  return fs::remove(file_, ignored);
}

std::uint64_t room_of(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    auto size = entry.file_size(ignored);
    if (!ignored) bytes += (size / kBlock + 1) * kBlock;
  }
  return bytes + bytes / 2 + kMargin;
}

}  // namespace dfp::haproxy
