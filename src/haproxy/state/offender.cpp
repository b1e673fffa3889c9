#include "haproxy/state/offender.hpp"

#include <array>
#include <charconv>

#include "haproxy/config/template/template_texts.hpp"

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

/// Sections of templates inherit from `template`, or from nothing.
bool is_own_section(std::string_view line) {
  return line.starts_with("global") || line.starts_with("defaults ") || line.ends_with(" from dfp:base") ||
         line.ends_with(" from dfp:http-rr") || line.ends_with(" from dfp:http-policies");
}

}  // namespace

std::optional<std::string> offending_service(std::string_view haproxy_message, std::string_view config_text) {
  constexpr std::array<std::string_view, 2> kSections = {"backend svc:", "backend svc.policies:"};
  auto wanted = line_number(haproxy_message);
  if (!wanted) return std::nullopt;
  std::optional<std::string> service;
  for (int number = 1; number <= *wanted && !config_text.empty(); ++number) {
    auto line = config_text.substr(0, config_text.find('\n'));
    if (is_own_section(line)) service.reset();
    auto mark = line.find(config::kTemplateMark);
    if (mark != std::string_view::npos && line.find_first_not_of(' ') == mark)
      service = std::string(line.substr(mark + config::kTemplateMark.size()));
    for (auto section : kSections) {
      if (!line.starts_with(section)) continue;
      auto name = line.substr(section.size());
      service = std::string(name.substr(0, name.find_first_of(" :")));  // config::backend_name
    }
    config_text.remove_prefix(std::min(line.size() + 1, config_text.size()));
  }
  return service;
}

}  // namespace dfp::haproxy
