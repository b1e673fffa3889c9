#include "cli/print.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <vector>

namespace dfp::cli {
namespace json = boost::json;
namespace {

/// A text, or an empty one.
std::string text_of(const json::object& object, std::string_view key) {
  auto* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string number_of(const json::object& object, std::string_view key) {
  auto* value = object.if_contains(key);
  if (value && value->is_int64()) return fmt::format("{}", value->get_int64());
  if (value && value->is_uint64()) return fmt::format("{}", value->get_uint64());
  return "?";
}

bool flag_of(const json::object& object, std::string_view key) {
  auto* value = object.if_contains(key);
  return value && value->is_bool() && value->get_bool();
}

/// nullptr unless it is a list.
const json::array* list_of(const json::object& object, std::string_view key) {
  auto* value = object.if_contains(key);
  return value ? value->if_array() : nullptr;
}

std::string joined(const json::object& object, std::string_view key) {
  std::vector<std::string> texts;
  if (auto* list = list_of(object, key))
    for (const auto& item : *list)
      if (item.is_string()) texts.emplace_back(item.get_string());
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string message_line(const json::object& answer) {
  auto message = text_of(answer, "Message");
  return message.empty() ? "" : message + "\n";
}

/// "runtime", "reload: an unseen profile".
std::string how_applied(const json::object& answer) {
  auto by = text_of(answer, "AppliedBy");
  auto reason = text_of(answer, "Reason");
  if (by == "nothing") return "nothing to change";
  return reason.empty() ? by : by + ": " + reason;
}

std::string render_plan(const json::object& answer) {
  std::string out;
  if (auto* plan = list_of(answer, "Plan"))
    for (const auto& step : *plan)
      if (auto* object = step.if_object())
        out += fmt::format("  {:<8} {}{}\n", text_of(*object, "Means"), text_of(*object, "What"),
                           text_of(*object, "Reason").empty() ? "" : " (" + text_of(*object, "Reason") + ")");
  return out;
}

std::string render_reconfigured(const json::object& answer) {
  bool dry_run = flag_of(answer, "DryRun");
  return fmt::format("{} {} {} instance(s), revision {} ({})\n", text_of(answer, "ServiceName"),
                     dry_run ? "would be routed to" : "is routed to", number_of(answer, "Instances"),
                     number_of(answer, "Revision"), how_applied(answer)) +
         render_plan(answer) + message_line(answer);
}

std::string render_removed(const json::object& answer) {
  auto message = message_line(answer);
  return message.empty()
             ? fmt::format("{} is removed ({})\n", text_of(answer, "ServiceName"), how_applied(answer))
             : message;
}

std::string render_instance(const json::value& value) {
  auto* instance = value.if_object();
  if (!instance) return {};
  auto address = text_of(*instance, "Address");
  if (address.contains(':')) address = "[" + address + "]";
  return fmt::format("{}:{} {} on {} ({})", address, number_of(*instance, "Port"), text_of(*instance, "ID"),
                     text_of(*instance, "Node"), text_of(*instance, "Health"));
}

std::string render_instances(std::string_view title, const json::array* instances) {
  std::string out;
  if (!instances) return out;
  if (instances->empty()) return fmt::format("  {:<11} none\n", title);
  for (const auto& instance : *instances) {
    out += fmt::format("  {:<11} {}\n", title, render_instance(instance));
    title = "";
  }
  return out;
}

/// "a.com: /x, /y (path_reg), port 8080".
std::string render_destination(const json::object& destination) {
  auto hosts = text_of(destination, "ServiceDomain");
  auto paths = joined(destination, "ServicePath");
  auto type = text_of(destination, "PathType");
  auto port = text_of(destination, "Port");
  return (hosts.empty() ? "" : hosts + ": ") + (paths.empty() ? "/" : paths) +
         (type.empty() ? "" : " (" + type + ")") + (port.empty() ? "" : ", port " + port);
}

/// "UP 2/3", "NO SERVER UP (0/2)"; empty where HAProxy was not asked.
std::string up_of(const json::object& service) {
  auto* servers = list_of(service, "Servers");
  if (!servers) return {};
  auto counts = fmt::format("{}/{}", number_of(service, "Up"), servers->size());
  return number_of(service, "Up") == "0" ? "NO SERVER UP (" + counts + ")" : "UP " + counts;
}

/// Those that are not simply up, with the reason.
std::string render_troubled_servers(const json::object& service) {
  std::string out;
  auto* servers = list_of(service, "Servers");
  if (!servers) return out;
  for (const auto& value : *servers) {
    auto* server = value.if_object();
    if (!server || text_of(*server, "State") == "UP" || text_of(*server, "State") == "no check") continue;
    auto check = text_of(*server, "Check");
    auto text = text_of(*server, "Text");
    out += fmt::format("  {:<11} {}:{} {} for {} s{}{}{}\n", "server", text_of(*server, "Address"),
                       number_of(*server, "Port"), text_of(*server, "State"), number_of(*server, "Seconds"),
                       check.empty() ? "" : ": " + check, text.empty() ? "" : ", ", text);
  }
  return out;
}

std::string render_service(const json::object& service) {
  auto color = text_of(service, "ServiceColor");
  auto up = up_of(service);
  auto out = fmt::format("{}{}{}{}  revision {}, {} by {}\n", text_of(service, "ServiceName"),
                         color.empty() ? "" : " (" + color + ")", up.empty() ? "" : "  ", up,
                         number_of(service, "Revision"), text_of(service, "ChangedAt"),
                         text_of(service, "ChangedBy"));
  auto line = [&](std::string_view title, const std::string& text) {
    if (!text.empty()) out += fmt::format("  {:<11} {}\n", title, text);
  };
  if (auto* destinations = list_of(service, "ServiceDest"))
    for (const auto& destination : *destinations)
      if (auto* one = destination.if_object())
        line(fmt::format("dest. {}", number_of(*one, "Index")), render_destination(*one));
  if (!list_of(service, "ServiceDest")) {
    line("hosts", text_of(service, "ServiceDomain"));
    line("paths", joined(service, "ServicePath"));
    line("pathType", text_of(service, "PathType"));
  }
  line("template", text_of(service, "ConsulTemplatePath"));
  auto* used = list_of(service, "Instances");
  auto* registered = list_of(service, "Registered");
  out += render_instances("instances", used);
  out += render_troubled_servers(service);
  if (used && registered && *used != *registered)
    out += render_instances("registered", registered) + "  (reconfigure takes over what is registered)\n";
  return out;
}

std::string render_reasons(std::string_view title, const json::object& answer, std::string_view key) {
  std::string out;
  if (auto* value = answer.if_contains(key); value && value->is_object())
    for (const auto& field : value->get_object())
      out += fmt::format("{}: {}: {}\n", title, std::string_view(field.key()),
                         field.value().is_string() ? std::string_view(field.value().get_string()) : "");
  return out;
}

std::string render_services(const json::object& answer) {
  std::string out;
  if (auto* services = list_of(answer, "Services"))
    for (const auto& service : *services)
      if (auto* object = service.if_object()) out += render_service(*object);
  if (out.empty()) out = "no service is configured\n";
  out += render_reasons("quarantined", answer, "Quarantined");
  out += render_reasons("served differently from the registry", answer, "Kept");
  out += render_reasons("without", answer, "Withdrawn");
  out += render_reasons("served as stored", answer, "NotRefreshed");
  out += render_reasons("does not follow the registry", answer, "WatchProblems");
  if (auto names = joined(answer, "NotRouted"); !names.empty())
    out += fmt::format("registered, not routed: {}\n", names);
  if (auto error = text_of(answer, "CatalogError"); !error.empty())
    out += fmt::format("the registry could not be read: {}\n", error);
  if (auto* differences = list_of(answer, "Differences"))
    for (const auto& line : *differences)
      if (line.is_string()) out += fmt::format("HAProxy differs: {}\n", std::string_view(line.get_string()));
  if (auto error = text_of(answer, "HealthError"); !error.empty())
    out += fmt::format("HAProxy could not be asked for the state of the servers: {}\n", error);
  if (auto error = text_of(answer, "LiveError"); !error.empty())
    out += fmt::format("HAProxy could not be asked: {}\n", error);
  if (answer.contains("Synchronised") && !flag_of(answer, "Synchronised"))
    out += "not yet synchronised with the registry\n";
  return out;
}

std::string render_registration(const json::object& answer) {
  auto* instance = answer.if_contains("Instance");
  return fmt::format("{} {}: {}\n", text_of(answer, "ServiceName"),
                     instance ? render_instance(*instance) : "", text_of(answer, "Message"));
}

}  // namespace

std::string render_answer(api::Action action, const json::object& answer) {
  switch (action) {
    case api::Action::Reconfigure:
      return render_reconfigured(answer);
    case api::Action::Remove:
      return render_removed(answer);
    case api::Action::Services:
      return render_services(answer);
    case api::Action::Register:
    case api::Action::Deregister:
      return render_registration(answer);
    default:
      return text_of(answer, "Status") + "\n" + message_line(answer);
  }
}

std::vector<std::string> services_without_server(const json::object& answer) {
  std::vector<std::string> names;
  if (auto* services = list_of(answer, "Services"))
    for (const auto& value : *services)
      if (auto* service = value.if_object(); service && number_of(*service, "Up") == "0")
        names.push_back(text_of(*service, "ServiceName"));
  return names;
}

std::string why_health_is_unknown(const json::object& answer) {
  if (!answer.contains("HealthError")) return "the server is older than this command";
  return text_of(answer, "HealthError");
}

}  // namespace dfp::cli
