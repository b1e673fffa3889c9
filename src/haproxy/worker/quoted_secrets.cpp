#include "haproxy/worker/quoted_secrets.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "haproxy/config/secrets.hpp"

namespace dfp::haproxy {
namespace {

/// "[ALERT]    (12) : config : parsing [/run/haproxy.cfg:7] : unknown keyword 'x'", or without "config :".
bool is_about_configuration(const std::string& line) {
  return line.contains(" : config : ") || line.contains("parsing [");
}

/// Up to the place in the file that a message is about.
std::string without_words(const std::string& line) {
  auto place = line.find("] : ");
  return line.substr(0, place == std::string::npos ? line.find(" : ") : place + 1) + " (not shown)";
}

}  // namespace

std::vector<std::string> without_secrets(std::vector<std::string> lines,
                                         const std::filesystem::path& config_file) {
  if (std::ranges::none_of(lines, is_about_configuration)) return lines;
  auto config = file::read(config_file);
  for (auto& line : lines)
    if (is_about_configuration(line))
      line = config ? config::mask_quotations(std::move(line), *config) : without_words(line);
  return lines;
}

}  // namespace dfp::haproxy
