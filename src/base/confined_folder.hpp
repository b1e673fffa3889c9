#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace dfp::file {

/// Reads files below one folder and nowhere else: "..", absolute paths and links that lead out of it are
/// refused, also when somebody changes the folder meanwhile (openat2 with RESOLVE_BENEATH; on kernels
/// before 5.6 no links at all).
class ConfinedFolder {
 public:
  static constexpr std::size_t kLargestFile = 4U << 20;  ///< bytes

  /// @return NotFound or Unavailable with errno's text when the folder cannot be opened.
  static Result<ConfinedFolder> open(const std::filesystem::path& folder);
  ConfinedFolder(ConfinedFolder&& other) noexcept;
  ConfinedFolder& operator=(ConfinedFolder other) noexcept;
  ~ConfinedFolder();

  /// Blocking. @param path relative to the folder, or absolute and below it as it was opened
  /// @return NotFound; Rejected for a path that leads outside, is no regular file, or is too large;
  /// Unavailable.
  Result<std::string> read(std::string_view path) const;
  const std::filesystem::path& path() const { return path_; }

 private:
  ConfinedFolder(std::filesystem::path path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}

  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace dfp::file
