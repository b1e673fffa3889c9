#include "model/step.hpp"

#include <fmt/format.h>

#include <array>

namespace dfp::model {
namespace {

constexpr std::array<std::string_view, std::variant_size_v<StepKind>> kNames = {
    "add_destination", "remove_destination", "switch_color",    "switch_checks",  "change_timing",
    "change_policies", "add_server",         "remove_server",   "set_weight",     "add_route",
    "remove_route",    "change_check",       "change_sections", "remove_service", "reload_instead"};

/// "go-demo", "destination 2 of go-demo".
std::string shown(const DestinationName& name) {
  if (name.index == kFirstDestination) return name.service;
  return fmt::format("destination {} of {}", name.index, name.service);
}

/// What each kind says, of the destination or service `of`.
struct Renderer {
  const DestinationName& name;
  std::string of = shown(name);

  std::string operator()(const step::AddDestination&) const {
    return fmt::format("add {}{}", name.index == kFirstDestination ? "service " : "", of);
  }
  std::string operator()(const step::RemoveDestination&) const { return "remove " + of; }
  std::string operator()(const step::SwitchColor& s) const {
    return fmt::format("switch {} from colour '{}' to '{}'", of, s.from, s.to);
  }
  std::string operator()(const step::SwitchChecks& s) const {
    return fmt::format("turn health checks of {} {}", of, s.on ? "on" : "off");
  }
  std::string operator()(const step::ChangeTiming&) const {
    return fmt::format("change the timing of HAProxy's checks of {}", of);
  }
  std::string operator()(const step::ChangePolicies&) const { return "change the policies of " + of; }
  std::string operator()(const step::AddServer& s) const {
    return fmt::format("add server {}:{} to {}", s.address, s.port, of);
  }
  std::string operator()(const step::RemoveServer& s) const {
    return fmt::format("remove server {}:{} from {}", s.address, s.port, of);
  }
  std::string operator()(const step::SetWeight& s) const {
    return fmt::format("set weight of {}:{} of {} to {}", s.address, s.port, of, s.weight);
  }
  std::string operator()(const step::AddRoute& s) const {
    return fmt::format("add route {} -> {}", model::shown(s.route), of);
  }
  std::string operator()(const step::RemoveRoute& s) const {
    return fmt::format("remove route {} -> {}", model::shown(s.route), of);
  }
  std::string operator()(const step::ChangeCheck& s) const { return fmt::format("check {} by {}", of, s.by); }
  std::string operator()(const step::ChangeSections& s) const {
    constexpr std::array<std::string_view, 3> kVerbs = {"add", "remove", "replace"};
    return fmt::format("{} the sections of {}'s template", kVerbs[static_cast<std::size_t>(s.how)], of);
  }
  std::string operator()(const step::RemoveService&) const { return "remove service " + of; }
  std::string operator()(const step::ReloadInstead&) const { return "reload"; }
};

}  // namespace

std::string_view to_string(Means means) noexcept {
  switch (means) {
    case Means::Nothing:
      return "nothing";
    case Means::Runtime:
      return "runtime";
    case Means::Reload:
      return "reload";
  }
  return "nothing";
}

std::string_view kind_name(const Step& step) noexcept { return kNames[step.kind.index()]; }

std::string render_step(const Step& step) { return std::visit(Renderer{step.of}, step.kind); }

std::string shown(const Route& route) {
  auto text = (route.host.empty() ? "*" : route.host);
  if (route.type == PathType::Beg) return text + route.path;
  return fmt::format("{}{} ({})", text, route.path, to_string(route.type));
}

}  // namespace dfp::model
