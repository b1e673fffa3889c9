#pragma once
#include <string>
#include <vector>

#include "base/result.hpp"

namespace dfp::app {

struct TemplateFile {
  std::string name;  ///< as the definition names it
  std::string text;
};

/// Reads a file of the templates' folder; blocking.
/// @return InvalidArgument naming the file and the folder for a file that is not there, or lies outside;
/// Unavailable when the disk fails.
Result<std::string> read_template_file(const std::string& folder, const std::string& name);

/// "sha256:HEX" over the texts.
std::string hash_of(const std::vector<TemplateFile>& files);

}  // namespace dfp::app
