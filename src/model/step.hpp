#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "model/route_table.hpp"

/// What HAProxy has to do for a change, as typed steps. Text is made of them in one place, render_step().
namespace dfp::model {

/// How HAProxy is made to follow.
enum class Means { Nothing, Runtime, Reload };
/// "nothing", "runtime", "reload".
std::string_view to_string(Means means) noexcept;

namespace step {

// Of a destination.
struct AddDestination {};
struct RemoveDestination {};
struct SwitchColor {
  std::string from, to;
};
struct SwitchChecks {
  bool on = false;
};
struct ChangeTiming {};
struct ChangePolicies {};
struct AddServer {
  std::string address;
  std::uint16_t port = 0;
};
struct RemoveServer {
  std::string address;
  std::uint16_t port = 0;
};
struct SetWeight {
  std::string address;
  std::uint16_t port = 0;
  int weight = 1;
};

// Of a service.
struct AddRoute {
  Route route;
};
struct RemoveRoute {
  Route route;
};
struct ChangeCheck {
  std::string by;
};
struct ChangeSections {
  enum class How { Add, Remove, Replace } how = How::Add;
};
struct RemoveService {};
struct ReloadInstead {};  ///< of the steps before, which failed at run time

}  // namespace step

using StepKind =
    std::variant<step::AddDestination, step::RemoveDestination, step::SwitchColor, step::SwitchChecks,
                 step::ChangeTiming, step::ChangePolicies, step::AddServer, step::RemoveServer,
                 step::SetWeight, step::AddRoute, step::RemoveRoute, step::ChangeCheck, step::ChangeSections,
                 step::RemoveService, step::ReloadInstead>;

struct Step {
  DestinationName of;  ///< a step of a service names its first destination
  StepKind kind;
  Means means = Means::Nothing;
  std::string reason = {};  ///< why a reload is needed; empty otherwise
};

/// "add_server": for JSON and logs.
std::string_view kind_name(const Step& step) noexcept;
/// One line for people: "add route my-domain.com/demo -> go-demo".
std::string render_step(const Step& step);
/// A route as people write it: "my-domain.com/demo", "*/demo" without a host, "/x (path_end)" for a pattern.
std::string shown(const Route& route);

}  // namespace dfp::model
