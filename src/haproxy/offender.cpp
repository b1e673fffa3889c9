#include "haproxy/offender.hpp"

#include <charconv>

namespace dfp::haproxy {
namespace {

std::optional<int> line_number(std::string_view message) {
  constexpr std::string_view kFile = "haproxy.cfg:";
  auto at = message.find(kFile);
  if (at == std::string_view::npos) return std::nullopt;
  message.remove_prefix(at + kFile.size());
  int line = 0;
  auto result = std::from_chars(message.data(), message.data() + message.size(), line);
  return result.ec == std::errc() ? std::optional(line) : std::nullopt;
}

}  // namespace

std::optional<std::string> offending_service(std::string_view haproxy_message, std::string_view config_text) {
  constexpr std::string_view kSection = "backend svc-";
  auto wanted = line_number(haproxy_message);
  if (!wanted) return std::nullopt;
  std::optional<std::string> service;
  for (int number = 1; number <= *wanted && !config_text.empty(); ++number) {
    auto line = config_text.substr(0, config_text.find('\n'));
    bool opens_section = !line.empty() && line[0] != ' ' && line[0] != '#';
    if (opens_section) service.reset();
    if (line.starts_with(kSection)) {
      auto name = line.substr(kSection.size());
      service = std::string(name.substr(0, name.find_first_of(" :")));
    }
    config_text.remove_prefix(std::min(line.size() + 1, config_text.size()));
  }
  return service;
}

}  // namespace dfp::haproxy
