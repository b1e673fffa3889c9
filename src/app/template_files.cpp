#include "app/template_files.hpp"

#include <fmt/format.h>

#include "base/confined_folder.hpp"
#include "base/digest.hpp"

namespace dfp::app {

Result<std::string> read_template_file(const std::string& folder, const std::string& name) {
  auto opened = file::ConfinedFolder::open(folder);
  auto text = opened ? opened->read(name) : std::unexpected(opened.error());
  if (text) return text;
  auto code = text.error().code == Errc::Unavailable ? Errc::Unavailable : Errc::InvalidArgument;
  return fail(code, fmt::format("template {}: {} (templates are read below {}, see templates-dir)", name,
                                text.error().what, folder));
}

std::string hash_of(const std::vector<TemplateFile>& files) {
  std::string all;
  for (const auto& file : files) {  // with a final zero: a text must not move from one file to the next
    all += file.text;
    all += '\0';
  }
  return "sha256:" + sha256_hex(all);
}

}  // namespace dfp::app
