#include <array>

#include "base/parse.hpp"
#include "parameters/families.hpp"
#include "parameters/fields.hpp"

namespace dfp::parameters {
namespace {

constexpr std::size_t kMaxName = 128;

Result<> take_port(Definition&, Destination& destination, const ParameterValue& value) {
  auto port = parse::number(std::get<std::string>(value), 1, 65535);
  if (!port) return fail("port", port.error());
  destination.port = static_cast<std::uint16_t>(*port);
  return {};
}

ParameterValue give_port(const Definition&, const Destination& destination) {
  return destination.port == 0 ? std::string() : std::to_string(destination.port);
}

constexpr std::array kRows = {
    Parameter{{.name = "skipCheck",
               .type = ParameterType::Bool,
               .fallback = "false",
               .allowed = "true or false (1, t, T, TRUE, True, 0, f, F, FALSE, False)",
               .meaning = "Disables HAProxy's health checks of the instances.",
               .since = "1.0",
               .indexed = true},
              "the check of the servers",
              false,
              take_of_destination<&Destination::skip_check, bool>,
              give_of_destination<&Destination::skip_check>},
    Parameter{{.name = "port",
               .max_bytes = 5,
               .allowed = "1 to 65535",
               .meaning = "Port of the instances inside their containers. Required with Docker if the "
                          "service exposes several ports or none; ignored when the registry supplies ports.",
               .since = "the original of July 2016",
               .indexed = true},
              "the servers of the backend",
              false,
              take_port,
              give_port},
    Parameter{{.name = "discoveryType",
               .max_bytes = 16,
               .allowed = "tasks, DNS, overlay",
               .meaning = "With Docker Swarm: tasks (the default) and DNS use each task's address; overlay "
                          "uses the service's virtual IP, which hides the individual tasks from HAProxy.",
               .since = "the original of May 2018 (where overlay is the default)"},
              "the servers of the backend",
              false,
              take<&Definition::discovery_type, std::string>,
              give<&Definition::discovery_type>},
    Parameter{{.name = "network",
               .max_bytes = kMaxName,
               .allowed = "1 to 128 letters, digits, '.', '_' or '-', beginning with a letter or digit",
               .meaning = "With Docker: the network used to reach the instances. Default: one that the proxy "
                          "shares with them.",
               .since = "new"},
              "the servers of the backend",
              false,
              take<&Definition::network, std::string>,
              give<&Definition::network>},
};

}  // namespace

std::span<const Parameter> instance_parameters() { return kRows; }

}  // namespace dfp::parameters
