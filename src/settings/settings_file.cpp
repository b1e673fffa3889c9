#include "settings/settings_file.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "base/file.hpp"
#include "base/text.hpp"

namespace dfp::settings {
namespace {

std::unexpected<Error> refuse(const std::filesystem::path& path, int line, std::string_view problem) {
  return fail(Errc::InvalidArgument, fmt::format("{}:{}: {}", path.string(), line, problem));
}

Result<std::vector<FileEntry>> read_map(const YAML::Node& map, const std::filesystem::path& path) {
  std::vector<FileEntry> entries;
  for (const auto& pair : map) {
    int line = pair.first.Mark().line + 1;
    if (!pair.first.IsScalar()) return refuse(path, line, "a key is not a text");
    auto key = pair.first.Scalar();
    auto before = std::ranges::find(entries, key, &FileEntry::key);
    if (before != entries.end())
      return refuse(path, line, fmt::format("{} is already set in line {}", text::shown(key), before->line));
    if (!pair.second.IsScalar() || pair.second.Scalar().empty())
      return refuse(path, line, fmt::format("{} has no value that is one text", text::shown(key)));
    entries.push_back({std::move(key), pair.second.Scalar(), line});
  }
  return entries;
}

}  // namespace

Result<std::vector<FileEntry>> read_settings_file(const std::filesystem::path& path) {
  auto content = file::read(path);
  if (!content) return fail("settings", content.error());
  try {
    auto documents = YAML::LoadAll(*content);
    if (documents.empty() || documents[0].IsNull()) return {};
    if (documents.size() > 1)
      return refuse(path, documents[1].Mark().line + 1, "more than one YAML document");
    if (!documents[0].IsMap()) return refuse(path, 1, "is not a map of \"key: value\" lines");
    return read_map(documents[0], path);
  } catch (const YAML::Exception& error) {
    // The library throws for every syntax error; this is the edge where it becomes a value.
    return refuse(
        path, error.mark.line + 1,
        fmt::format("{} (a value that begins with * or another mark of YAML stands in quotes: \"*:80\")",
                    error.msg));
  }
}

}  // namespace dfp::settings
