#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/destination.hpp"
#include "model/health_check.hpp"

namespace dfp::model {

/// What an operator asked for: the parameters of `reconfigure`. A plain value; `validate` says whether it may
/// be used. What it is a Destination of is the first one; usually there is no other.
struct Definition : Destination {
  std::string service;  ///< 1-128 of letters, digits, '.', '_', '-'; begins with a letter or digit
  std::string color;    ///< blue-green colour; instances are registered as "SERVICE-COLOR"
  std::map<unsigned, Destination> others;  ///< by index, 2 to kMaxDestinations, without a gap
  std::string acl_name;                    ///< sort key between equal routes; the service's name when empty
  // A template makes the service's sections; paths and domains are then only kept. Either one file, or one
  // for the frontend's rules and one for the backends.
  std::string consul_template_path;
  std::string consul_template_fe_path = {};
  std::string consul_template_be_path = {};
  std::string template_fe_path = {};  ///< the same as the two above, under their younger names
  std::string template_be_path = {};
  /// With Docker: "tasks" (the default) and "DNS" are the single tasks, "overlay" the service's virtual IP.
  std::string discovery_type = {};
  std::string network = {};    ///< with Docker: where the instances are reached; empty: a shared one
  bool watch = false;          ///< follow the registry after the request, without another one
  bool take_over = false;      ///< may come first where another service without an aclName has an equal route
  CheckParameters check = {};  ///< how instances are checked

  bool operator==(const Definition&) const = default;
  bool has_template() const { return !templates().empty(); }
  /// The template files: one for everything, or those of the frontend's rules and of the backends; or none.
  std::vector<std::string> templates() const;
  const Destination& destination(unsigned index) const {
    return index == kFirstDestination ? *this : others.at(index);
  }
  /// All of them by index, the first one included.
  std::map<unsigned, const Destination*> destinations() const;
  const std::string& order_key() const { return acl_name.empty() ? service : acl_name; }
  /// The name under which its instances are registered: "go-demo" or "go-demo-blue".
  std::string registered_name() const { return color.empty() ? service : service + "-" + color; }
};

// One check per field; each names its API parameter, shows the value and says what is allowed.
Result<> check_service_name(std::string_view name);
Result<> check_color(std::string_view color);
Result<> check_acl_name(std::string_view name);
Result<> check_discovery_type(std::string_view type);
Result<> check_network(std::string_view name);
/// One way to name templates, and a whole pair.
Result<> check_templates(const Definition& definition);

/// All checks of a definition, also those between fields.
Result<> validate(const Definition& definition);

}  // namespace dfp::model
