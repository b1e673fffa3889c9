#pragma once
#include <cstdint>
#include <filesystem>

namespace dfp::haproxy {

/// Room on the disk that is kept for our own next files: a file without content beside them. When others
/// have filled the disk, it is given up, and what was acknowledged can still be written. Blocking; at the
/// cost of so much disk.
class SpareRoom {
 public:
  explicit SpareRoom(std::filesystem::path file) : file_(std::move(file)) {}

  /// Where the file system has less, less is kept; where it cannot set room aside (fallocate(2)), none.
  void keep(std::uint64_t bytes) const;
  /// @return whether there was any.
  bool give_up() const;

 private:
  std::filesystem::path file_;
};

/// What the files of a folder take, in whole blocks, and a half more.
std::uint64_t room_of(const std::filesystem::path& folder);

}  // namespace dfp::haproxy
