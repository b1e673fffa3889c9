#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace dfp::settings {

struct FileEntry {
  std::string key;
  std::string value;
  int line = 0;  ///< from 1
};

/// Reads the YAML file of settings: one flat map of texts, in its order.
/// @return InvalidArgument with file and line for bad YAML, a repeated key, a key without a value or with
/// more than a text; NotFound or Unavailable when it cannot be read. Knows no keys.
Result<std::vector<FileEntry>> read_settings_file(const std::filesystem::path& path);

}  // namespace dfp::settings
