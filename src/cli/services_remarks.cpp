// What both forms of `services` say.
#include <fmt/format.h>

#include "cli/instance_text.hpp"
#include "cli/json_fields.hpp"
#include "cli/services_text.hpp"

namespace dfp::cli {
namespace json = boost::json;
namespace {

std::string render_reasons(std::string_view title, const json::object& answer, std::string_view key) {
  std::string out;
  if (auto* value = answer.if_contains(key); value && value->is_object())
    for (const auto& field : value->get_object())
      out += fmt::format("{}: {}: {}\n", title, std::string_view(field.key()),
                         field.value().is_string() ? std::string_view(field.value().get_string()) : "");
  return out;
}

std::string render_error(std::string_view title, const json::object& answer, std::string_view key) {
  auto error = text_of(answer, key);
  return error.empty() ? "" : fmt::format("{}: {}\n", title, error);
}

std::string render_server(const json::object& server, bool of_several) {
  auto check = text_of(server, "Check");
  auto text = text_of(server, "Text");
  auto out = of_several ? fmt::format("dest. {} ", number_of(server, "Destination")) : std::string();
  out += fmt::format("{} {} for {} s", address_of(server), text_of(server, "State"),
                     number_of(server, "Seconds"));
  if (!check.empty()) out += ": " + check;
  return text.empty() ? out : out + ", " + text;
}

}  // namespace

std::string up_of(const json::object& service) {
  auto* servers = list_of(service, "Servers");
  if (!servers) return {};
  auto counts = fmt::format("{}/{}", number_of(service, "Up"), servers->size());
  return number_of(service, "Up") == "0" ? "NO SERVER UP (" + counts + ")" : "UP " + counts;
}

std::vector<std::string> server_lines(const json::object& service, bool only_troubled) {
  std::vector<std::string> lines;
  bool of_several = list_of(service, "ServiceDest") != nullptr;
  for (const auto* server : objects_of(service, "Servers")) {
    auto state = text_of(*server, "State");
    bool is_well = state == "UP" || state == "no check";
    if (!only_troubled || !is_well) lines.push_back(render_server(*server, of_several));
  }
  return lines;
}

std::string render_remarks(const json::object& answer) {
  auto out = render_reasons("quarantined", answer, "Quarantined");
  out += render_reasons("served differently from the registry", answer, "Kept");
  out += render_reasons("without", answer, "Withdrawn");
  out += render_reasons("served as stored", answer, "NotRefreshed");
  out += render_reasons("does not follow the registry", answer, "WatchProblems");
  out += render_reasons("labels are wrong", answer, "LabelProblems");
  if (auto names = joined(answer, "NotRouted"); !names.empty())
    out += fmt::format("registered, not routed: {}\n", names);
  out += render_error("the registry could not be read", answer, "CatalogError");
  out += render_error("the labels could not be read", answer, "DiscoveryError");
  for (const auto& difference : texts_of(answer, "Differences"))
    out += fmt::format("HAProxy differs: {}\n", difference);
  out += render_error("HAProxy could not be asked for the state of the servers", answer, "HealthError");
  out += render_error("HAProxy could not be asked", answer, "LiveError");
  if (answer.contains("Synchronised") && !flag_of(answer, "Synchronised"))
    out += "not yet synchronised with the registry\n";
  return out;
}

}  // namespace dfp::cli
