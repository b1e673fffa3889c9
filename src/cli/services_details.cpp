// The long form of `services`: what --json has, for people.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "cli/instance_text.hpp"
#include "cli/json_fields.hpp"
#include "cli/services_text.hpp"

namespace dfp::cli {
namespace json = boost::json;
namespace {

using Keys = std::span<const std::string_view>;

/// Shown in lines of their own; every other key is shown as it is.
constexpr auto kOfService = std::to_array<std::string_view>(
    {"ServiceName", "ServiceColor", "ServicePath", "ServiceDomain", "PathType", "ConsulTemplatePath",
     "ServiceDest", "Revision", "ChangedAt", "ChangedBy", "Instances", "Registered", "Servers", "Up"});
constexpr auto kOfDestination =
    std::to_array<std::string_view>({"Index", "ServiceDomain", "ServicePath", "PathType", "Port"});
constexpr auto kOfAnswer = std::to_array<std::string_view>(
    {"Status",      "Message",     "ServiceName",  "ServiceColor",  "ServicePath",   "ServiceDomain",
     "PathType",    "SkipCheck",   "Synchronised", "Services",      "Quarantined",   "ConsulTemplatePath",
     "Kept",        "Withdrawn",   "NotRefreshed", "WatchProblems", "NotRouted",     "CatalogError",
     "HealthError", "Differences", "LiveError",    "LabelProblems", "DiscoveryError"});

/// As the parameter of that key is spelled: "skipCheck".
std::string label_of(std::string_view key) {
  std::string label(key);
  if (!label.empty() && label[0] >= 'A' && label[0] <= 'Z')
    label[0] = static_cast<char>(label[0] - 'A' + 'a');
  return label;
}

struct Field {
  std::string label, value;
};

std::vector<Field> other_fields(const json::object& object, Keys shown) {
  std::vector<Field> fields;
  for (const auto& field : object) {
    std::string_view key = field.key();
    auto value = shown_value(field.value());
    if (!value.empty() && std::ranges::find(shown, key) == shown.end())
      fields.push_back({label_of(key), value});
  }
  return fields;
}

std::string line(std::string_view title, std::string_view text) {
  return text.empty() ? "" : fmt::format("  {:<11} {}\n", title, text);
}

/// "a.com: /x, /y (path_reg), port 8080".
std::string render_destination(const json::object& destination) {
  auto hosts = text_of(destination, "ServiceDomain");
  auto paths = joined(destination, "ServicePath");
  auto type = text_of(destination, "PathType");
  auto port = text_of(destination, "Port");
  auto out = (hosts.empty() ? "" : hosts + ": ") + (paths.empty() ? "/" : paths) +
             (type.empty() ? "" : " (" + type + ")") + (port.empty() ? "" : ", port " + port);
  for (const auto& [label, value] : other_fields(destination, kOfDestination))
    out += fmt::format(", {} {}", label, value);
  return out;
}

std::string render_routes(const json::object& service) {
  std::string out;
  for (const auto* one : objects_of(service, "ServiceDest"))
    out += line(fmt::format("dest. {}", number_of(*one, "Index")), render_destination(*one));
  if (!out.empty()) return out;
  return line("hosts", text_of(service, "ServiceDomain")) + line("paths", joined(service, "ServicePath")) +
         line("pathType", text_of(service, "PathType"));
}

std::string render_list(std::string_view title, const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) {
    out += fmt::format("  {:<11} {}\n", title, item);
    title = "";
  }
  return out;
}

std::string render_instances(std::string_view title, const json::array* instances) {
  if (!instances) return {};
  std::vector<std::string> lines;
  for (const auto& instance : *instances) lines.push_back(render_instance(instance));
  return lines.empty() ? line(title, "none") : render_list(title, lines);
}

std::string render_service(const json::object& service) {
  auto color = text_of(service, "ServiceColor");
  auto up = up_of(service);
  auto out = fmt::format("{}{}{}{}  revision {}, {} by {}\n", text_of(service, "ServiceName"),
                         color.empty() ? "" : " (" + color + ")", up.empty() ? "" : "  ", up,
                         number_of(service, "Revision"), text_of(service, "ChangedAt"),
                         text_of(service, "ChangedBy"));
  out += render_routes(service) + line("template", text_of(service, "ConsulTemplatePath"));
  for (const auto& [label, value] : other_fields(service, kOfService)) out += line(label, value);
  out += render_instances("instances", list_of(service, "Instances"));
  out += render_list("servers", server_lines(service, false));
  if (differs_from_registered(service))
    out += render_instances("registered", list_of(service, "Registered")) +
           "  (reconfigure takes over what is registered)\n";
  return out;
}

}  // namespace

std::string render_services_details(const json::object& answer) {
  std::string out;
  for (const auto* service : objects_of(answer, "Services")) out += render_service(*service);
  if (out.empty()) out = "no service is configured\n";
  out += render_remarks(answer);
  for (const auto& [label, value] : other_fields(answer, kOfAnswer))
    out += fmt::format("{}: {}\n", label, value);
  return out;
}

}  // namespace dfp::cli
