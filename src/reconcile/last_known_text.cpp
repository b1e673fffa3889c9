#include "reconcile/last_known_text.hpp"

#include <boost/json.hpp>

#include "registry/record.hpp"

namespace dfp::reconcile {
namespace json = boost::json;
namespace {

constexpr std::string_view kHeldSince = "heldSince";

void read_service(const std::string& name, const json::value& value, LastKnownState& out) {
  auto text = json::serialize(value);
  auto record = registry::parse_record(text, name);
  if (!record) {
    out.broken.insert_or_assign(name, record.error().what);
    if (model::check_service_name(name)) out.unreadable.insert_or_assign(name, std::move(text));
    return;
  }
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

/// `"go-demo": {...}` or what is left of it. A line without a service's name is no service.
void read_line(std::string_view line, LastKnownState& out) {
  line = trimmed(line);
  if (line.starts_with('{')) line = trimmed(line.substr(1));
  if (line.ends_with(',')) line.remove_suffix(1);
  auto end = line.starts_with('"') ? line.find("\":") : line.npos;
  if (end == line.npos) return;
  std::string name(line.substr(1, end - 1));
  if (!model::check_service_name(name)) return;
  auto text = trimmed(line.substr(end + 2));
  boost::system::error_code error;
  auto value = json::parse(text, error);
  if (!error) return read_service(name, value, out);
  out.broken.insert_or_assign(name, "the record is not JSON: " + error.message());
}

void read_lines(std::string_view text, LastKnownState& out) {
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size());
    read_line(text.substr(0, end), out);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
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
  read_lines(text, out);
  if (out.state.services.empty() && out.broken.empty())
    return fail(Errc::Rejected, "not an object of services");
  return out;
}

std::string render_last_known(const model::Service& service, const std::string& held_since) {
  auto record = registry::render_record({service, "", false});
  if (!held_since.empty())
    record.insert(record.size() - 1, ",\"" + std::string(kHeldSince) + "\":" + json::serialize(held_since));
  return "\"" + service.definition.service + "\": " + record;  // check_service_name: needs no escaping
}

}  // namespace dfp::reconcile
