#include <array>

#include "parameters/families.hpp"
#include "parameters/fields.hpp"

namespace dfp::parameters {
namespace {

constexpr std::size_t kMaxName = 128;

constexpr std::array kRows = {
    Parameter{{.name = "serviceName",
               .max_bytes = kMaxName,
               .allowed = "1 to 128 letters, digits, '.', '_' or '-', beginning with a letter or digit",
               .meaning = "Name under which the service is registered, without the colour. Required.",
               .since = "1.0"},
              "the name of the backend",
              false,
              take<&Definition::service, std::string>,
              give<&Definition::service>},
    Parameter{{.name = "serviceColor",
               .max_bytes = kMaxName,
               .allowed = "1 to 64 letters, digits, '.', '_' or '-', beginning with a letter or digit",
               .meaning = "Blue-green colour: uses the instances registered as serviceName-serviceColor. "
                          "Routes and names remain those of serviceName.",
               .since = "1.0"},
              "the servers of the backend",
              false,
              take<&Definition::color, std::string>,
              give<&Definition::color>},
    Parameter{
        {.name = "aclName",
         .max_bytes = kMaxName,
         .allowed = "1 to 128 letters, digits, '.', '_' or '-', beginning with a letter or digit",
         .meaning = "Sort key for services that claim the same route: the lower one (byte order) gets "
                    "the request. Default: the service name. A service that claims a route later must set "
                    "it; to come first, the other one must have set it, too. Otherwise its claim is "
                    "rejected.",
         .since = "the original of December 2016"},
        "the order of equal routes",
        false,
        take<&Definition::acl_name, std::string>,
        give<&Definition::acl_name>},
    Parameter{{.name = "takeOver",
               .type = ParameterType::Bool,
               .fallback = "false",
               .allowed = "true or false",
               .meaning = "Take a route from a service that has no aclName. Requires an aclName (or a "
                          "service name) lower than that service's name. Without takeOver, the request is "
                          "rejected and the error names the owner.",
               .since = "new"},
              "the order of equal routes",
              false,
              take<&Definition::take_over, bool>,
              give<&Definition::take_over>},
    Parameter{
        {.name = "watch",
         .type = ParameterType::Bool,
         .fallback = "false",
         .allowed = "true or false",
         .meaning = "Follow the registry: changes to the instances, or to the data the template uses, are "
                    "applied without another request. Everything else still changes only on request.",
         .since = "new"},
        "the servers of the backend, or the service's own sections",
        false,
        take<&Definition::watch, bool>,
        give<&Definition::watch>},
};

}  // namespace

std::span<const Parameter> service_parameters() { return kRows; }

}  // namespace dfp::parameters
