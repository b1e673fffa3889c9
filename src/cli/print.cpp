#include "cli/print.hpp"

#include <fmt/format.h>

#include "cli/instance_text.hpp"
#include "cli/json_fields.hpp"
#include "cli/services_text.hpp"

namespace dfp::cli {
namespace json = boost::json;
namespace {

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
  for (const auto* step : objects_of(answer, "Plan")) {
    auto reason = text_of(*step, "Reason");
    out += fmt::format("  {:<8} {}{}\n", text_of(*step, "Means"), text_of(*step, "What"),
                       reason.empty() ? "" : " (" + reason + ")");
  }
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

std::string render_registration(const json::object& answer) {
  auto* instance = answer.if_contains("Instance");
  return fmt::format("{} {}: {}\n", text_of(answer, "ServiceName"),
                     instance ? render_instance(*instance) : "", text_of(answer, "Message"));
}

}  // namespace

std::string render_answer(api::Action action, const json::object& answer, View view) {
  switch (action) {
    case api::Action::Reconfigure:
      return render_reconfigured(answer);
    case api::Action::Remove:
      return render_removed(answer);
    case api::Action::Services:
      return view.details ? render_services_details(answer) : render_services_table(answer, view.colors);
    case api::Action::Register:
    case api::Action::Deregister:
      return render_registration(answer);
    default:
      return text_of(answer, "Status") + "\n" + message_line(answer);
  }
}

std::vector<std::string> services_without_server(const json::object& answer) {
  std::vector<std::string> names;
  for (const auto* service : objects_of(answer, "Services"))
    if (number_of(*service, "Up") == "0") names.push_back(text_of(*service, "ServiceName"));
  return names;
}

std::string why_health_is_unknown(const json::object& answer) {
  if (!answer.contains("HealthError")) return "the server is older than this command";
  return text_of(answer, "HealthError");
}

}  // namespace dfp::cli
