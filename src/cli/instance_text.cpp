#include "cli/instance_text.hpp"

#include <fmt/format.h>

#include "cli/json_fields.hpp"

namespace dfp::cli {
namespace json = boost::json;
namespace {

/// What is said of an instance in use in addition to what is registered.
constexpr auto kUsedAddress = "UsedAddress";
constexpr auto kNameProblem = "NameProblem";

std::string labelled(std::string_view label, const std::string& text) {
  return text.empty() ? "" : fmt::format(", {} {}", label, text);
}

}  // namespace

std::string address_of(const json::object& object) {
  auto address = text_of(object, "Address");
  if (address.contains(':')) address = "[" + address + "]";
  return address + ":" + number_of(object, "Port");
}

std::string render_instance(const json::value& value) {
  auto* instance = value.if_object();
  if (!instance) return {};
  auto weight = number_of(*instance, "Weight");
  bool is_plain = weight == "1" || weight == "?";
  return fmt::format("{} {} on {} ({}){}{}{}{}", address_of(*instance), text_of(*instance, "ID"),
                     text_of(*instance, "Node"), text_of(*instance, "Health"),
                     is_plain ? "" : ", weight " + weight, labelled("tags", joined(*instance, "Tags")),
                     labelled("used as", text_of(*instance, kUsedAddress)),
                     labelled("problem:", text_of(*instance, kNameProblem)));
}

bool differs_from_registered(const json::object& service) {
  auto* used = list_of(service, "Instances");
  auto* registered = list_of(service, "Registered");
  if (!used || !registered) return false;
  auto plain = *used;
  for (auto& instance : plain)
    if (auto* object = instance.if_object()) {
      object->erase(kUsedAddress);
      object->erase(kNameProblem);
    }
  return plain != *registered;
}

}  // namespace dfp::cli
