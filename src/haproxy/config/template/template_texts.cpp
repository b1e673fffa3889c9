#include "haproxy/config/template/template_texts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/parse.hpp"
#include "haproxy/config/template/literal_addresses.hpp"

namespace dfp::haproxy::config {
namespace {

constexpr std::string_view kFile = "[/dev/stdin:";  // how HAProxy names the isolated configuration

class IsolatedWriter {
 public:
  explicit IsolatedWriter(IsolatedConfig& config) : config_(config) {}

  void own(std::string_view line) { add(line, 0); }
  void lines(const std::vector<FragmentLine>& lines) {
    for (const auto& line : lines)
      add(line.text.starts_with(' ') ? without_lookups(line.text) : line.text, line.number);
  }

 private:
  void add(std::string_view text, std::size_t number) {
    config_.text += text;
    config_.text += '\n';
    config_.lines.push_back(number);
  }
  IsolatedConfig& config_;
};

Error conflict(std::string_view service, std::string_view other, std::size_t line, const std::string& what) {
  return {Errc::Conflict,
          fmt::format("line {}: {} of service {} is used by service {} already", line, what, service, other)};
}

/// No line is left in which HAProxy would look up a name.
std::vector<FragmentLine> sections_of(const Fragment& fragment, const Addresses& addresses) {
  auto lines = fragment.sections;
  for (const auto& server : fragment.named_servers)
    lines[server.place].text += initial_address(server, addresses.of(server.host, server.port));
  return lines;
}

}  // namespace

void TemplateText::add(std::string_view service, const std::vector<FragmentLine>& lines) {
  if (lines.empty()) return;
  bool sections = !lines.front().text.starts_with(' ');
  fmt::format_to(std::back_inserter(lines_), "{}{}{}\n", sections ? "\n" : "  ", kTemplateMark, service);
  for (const auto& line : lines) {
    lines_ += line.text;
    lines_ += '\n';
  }
}

void TemplateTexts::add(std::string_view service, const Fragment& fragment, const Addresses& addresses) {
  rules.add(service, fragment.rules);
  redirects.add(service, fragment.redirects);
  choices.add(service, fragment.choices);
  if (fragment.fallback) fallback.add(service, {*fragment.fallback});
  sections.add(service, sections_of(fragment, addresses));
}

ServerAddresses server_addresses(const Fragments& fragments, const Addresses& addresses) {
  ServerAddresses all;
  for (const auto& [service, fragment] : fragments)
    for (const auto& named : fragment.named_servers) {
      auto address = named.followed ? addresses.of(named.host, named.port) : std::nullopt;
      if (!address) continue;
      for (const auto& server : named.servers) all.emplace(std::pair{named.section, server}, *address);
    }
  return all;
}

Result<> check_apart(std::string_view service, const Fragment& fragment, const Fragments& others) {
  for (const auto& [name, other] : others) {
    if (name == service) continue;
    for (const auto& [section, line] : fragment.names)
      if (other.names.contains(section))
        return std::unexpected(conflict(service, name, line, fmt::format("the section name '{}'", section)));
    for (const auto& [port, line] : fragment.ports)
      if (other.ports.contains(port))
        return std::unexpected(conflict(service, name, line, fmt::format("port {}", port)));
    if (fragment.fallback && other.fallback)
      return std::unexpected(conflict(service, name, fragment.fallback->number, "default_backend"));
  }
  return {};
}

IsolatedConfig isolated_config(const Fragment& fragment) {
  IsolatedConfig config;
  IsolatedWriter writer(config);
  for (auto line : {"global", "  maxconn 100", "  no strict-limits", "defaults dfp:base", "  mode http",
                    "  timeout connect 5s", "  timeout client 20s", "  timeout server 20s",
                    "defaults dfp:template from dfp:base", "  default-server init-addr none",
                    "frontend dfp:services from dfp:base", "  bind 127.0.0.1:80"})
    writer.own(line);
  writer.lines(fragment.rules);
  writer.lines(fragment.redirects);
  writer.lines(fragment.choices);
  if (fragment.fallback) writer.lines({*fragment.fallback});
  writer.lines(sections_of(fragment, {}));
  return config;
}

std::string explain(const IsolatedConfig& config, std::string_view complaints) {
  std::string text;
  for (;;) {
    auto at = complaints.find(kFile);
    if (at == std::string_view::npos) break;
    auto rest = complaints.substr(at + kFile.size());
    auto end = rest.find(']');
    auto line = parse::number(rest.substr(0, end), 1, config.lines.size());
    auto before = complaints.substr(0, at);
    constexpr std::string_view kParsing = "parsing ";
    if (before.ends_with(kParsing)) before.remove_suffix(kParsing.size());
    text += before;
    auto number = line ? config.lines[*line - 1] : 0;
    text += number != 0 ? fmt::format("line {}", number) : "the proxy's part";
    complaints = end == std::string_view::npos ? "" : rest.substr(end + 1);
    if (complaints.starts_with(" : ")) {
      text += ": ";
      complaints.remove_prefix(3);
    }
  }
  text += complaints;
  return text;
}

}  // namespace dfp::haproxy::config
