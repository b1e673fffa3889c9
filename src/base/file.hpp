#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

/// Whole-file operations; blocking, for small files.
namespace dfp::file {

/// @return NotFound when the file does not exist; Unavailable with errno's text otherwise.
Result<std::string> read(const std::filesystem::path& path);

/// Writes a temporary file beside `path`, optionally fsyncs it and its folder, and renames it over `path`:
/// a reader sees the old or the new content, never a part. Only our user can read it unless a mode is given.
Result<> write_atomic(const std::filesystem::path& path, std::string_view content, bool sync = false,
                      unsigned mode = 0600);

}  // namespace dfp::file
