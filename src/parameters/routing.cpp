#include <array>

#include "base/text.hpp"
#include "parameters/families.hpp"
#include "parameters/fields.hpp"

namespace dfp::parameters {
namespace {

constexpr std::size_t kMaxPath = 2048;
constexpr std::size_t kMaxDomain = 253;

Result<> take_domains(Definition&, Destination& destination, const ParameterValue& value) {
  destination.domains.clear();
  for (const auto& domain : std::get<Texts>(value)) destination.domains.push_back(text::lower(domain));
  return {};
}

Result<> take_path_type(Definition&, Destination& destination, const ParameterValue& value) {
  auto type = model::parse_path_type(std::get<std::string>(value));
  if (!type) return std::unexpected(type.error());
  destination.path_type = *type;
  return {};
}

ParameterValue give_path_type(const Definition&, const Destination& destination) {
  return std::string(destination.path_type ? to_string(*destination.path_type) : "");
}

constexpr std::array kRows = {
    Parameter{
        {.name = "servicePath",
         .type = ParameterType::List,
         .max_bytes = kMaxPath,
         .allowed = "URL paths of up to 2048 bytes each, percent-encoded as in a request; for path_beg and "
                    "path beginning with '/'; for path_reg a regular expression (PCRE2) without a comma",
         .meaning = "Paths routed to the service. Required unless serviceDomain or consulTemplatePath is "
                    "set; with serviceDomain alone, every path is routed.",
         .since = "1.0",
         .indexed = true},
        "entries of the route maps",
        false,
        take_of_destination<&Destination::paths, Texts>,
        give_of_destination<&Destination::paths>},
    Parameter{{.name = "serviceDomain",
               .type = ParameterType::List,
               .max_bytes = kMaxDomain,
               .allowed = "host names without port, or *.example.com for every host below example.com",
               .meaning = "Hosts routed to the service; requests for other hosts are not. The whole name is "
                          "compared, ignoring case and port.",
               .since = "1.0 (one name; a list is new)",
               .indexed = true},
              "entries of the route maps",
              true,
              take_domains,
              give_of_destination<&Destination::domains>},
    Parameter{{.name = "pathType",
               .fallback = "path_beg",
               .allowed = "path_beg, path, path_end, path_sub, path_dir, path_reg",
               .meaning = "How a request's path is matched against servicePath: prefix, exact, suffix, "
                          "substring, whole segments between slashes, or regular expression.",
               .since = "1.0",
               .indexed = true},
              "which route map the paths are in",
              false,
              take_path_type,
              give_path_type},
    Parameter{{.name = "stripPath",
               .type = ParameterType::Bool,
               .fallback = "false",
               .allowed = "true or false",
               .meaning = "Instances receive the path without the servicePath that matched: with "
                          "servicePath=/store, /store and /store/x become / and /x (whole segments; the "
                          "query is kept). X-Forwarded-Prefix holds what was removed. Requires pathType "
                          "path_beg or path.",
               .since = "new",
               .indexed = true},
              "a policy of the backend",
              false,
              take_of_destination<&Destination::strip_path, bool>,
              give_of_destination<&Destination::strip_path>},
};

}  // namespace

std::span<const Parameter> routing_parameters() { return kRows; }

}  // namespace dfp::parameters
