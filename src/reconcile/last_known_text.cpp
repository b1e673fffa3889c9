#include "reconcile/last_known_text.hpp"

#include <boost/json.hpp>

#include "registry/record.hpp"

namespace dfp::reconcile {
namespace json = boost::json;
namespace {

constexpr std::string_view kHeldSince = "heldSince";

/// Of several records of a service the last one counts.
void forget(const std::string& name, LastKnownState& out) {
  out.state.services.erase(name);
  out.held.erase(name);
  out.broken.erase(name);
  out.unreadable.erase(name);
}

void read_service(const std::string& name, const json::value& value, LastKnownState& out) {
  if (value.is_null()) return forget(name, out);
  auto text = json::serialize(value);
  auto record = registry::parse_record(text, name);
  if (!record) {
    out.broken.insert_or_assign(name, record.error().what);
    if (model::check_service_name(name)) out.unreadable.insert_or_assign(name, std::move(text));
    return;
  }
  forget(name, out);
  if (const auto* since = value.as_object().if_contains(kHeldSince))
    if (const auto* when = since->if_string()) out.held.insert_or_assign(name, std::string(*when));
  out.state.services.insert_or_assign(name, std::move(record->service));
}

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r";
  auto first = line.find_first_not_of(kBlanks);
  if (first == line.npos) return {};
  return line.substr(first, line.find_last_not_of(kBlanks) - first + 1);
}

/// `"go-demo": {...}` or what is left of it. @return false for a line without a service's name
bool read_line(std::string_view line, LastKnownState& out) {
  line = trimmed(line);
  if (line.starts_with('{')) line = trimmed(line.substr(1));
  if (line.ends_with(',')) line.remove_suffix(1);
  auto end = line.starts_with('"') ? line.find("\":") : line.npos;
  if (end == line.npos) return false;
  std::string name(line.substr(1, end - 1));
  if (!model::check_service_name(name)) return false;
  auto text = trimmed(line.substr(end + 2));
  boost::system::error_code error;
  auto value = json::parse(text, error);
  if (!error)
    read_service(name, value, out);
  else
    out.broken.insert_or_assign(name, "the record is not JSON: " + error.message());
  return true;
}

/// @return whether any line told of a service
bool read_lines(std::string_view text, LastKnownState& out) {
  bool any = false;
  bool closed = false;  // the object that a whole text begins with
  out.cut = !text.ends_with('\n');
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    any = read_line(line, out) || any;
    closed = closed || trimmed(line) == "}";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  out.cut = out.cut || !closed;
  return any;
}

}  // namespace

Result<LastKnownState> parse_last_known(std::string_view text) {
  LastKnownState out;
  boost::system::error_code error;
  auto document = json::parse(text, error);
  if (!error && document.is_object()) {
    for (const auto& [name, value] : document.as_object()) read_service(std::string(name), value, out);
    return out;
  }
  if (!read_lines(text, out)) return fail(Errc::Rejected, "not an object of services");
  return out;
}

std::string render_last_known(const model::Service& service, const std::string& held_since) {
  auto record = registry::render_record({service, "", false});
  if (!held_since.empty())
    record.insert(record.size() - 1, ",\"" + std::string(kHeldSince) + "\":" + json::serialize(held_since));
  return "\"" + service.definition.service + "\": " + record;  // check_service_name: needs no escaping
}

std::string render_last_known_absence(const std::string& service) { return "\"" + service + "\": null"; }

}  // namespace dfp::reconcile
