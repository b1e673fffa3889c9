#include "model/parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "base/parse.hpp"
#include "base/text.hpp"
#include "model/check_parameters.hpp"

namespace dfp::model {
namespace {

using Texts = std::vector<std::string>;

constexpr std::size_t kMaxName = 128;
constexpr std::size_t kMaxPath = 2048;
constexpr std::size_t kMaxDomain = 253;
constexpr std::size_t kMaxFile = 1024;
constexpr auto kLongestWait = std::chrono::minutes(10);

/// Set and get of a field of the definition that holds its value as it is.
template <auto Field, class T>
Result<> take(Definition& definition, Destination&, const ParameterValue& value) {
  definition.*Field = std::get<T>(value);
  return {};
}
template <auto Field>
ParameterValue give(const Definition& definition, const Destination&) {
  return definition.*Field;
}

/// The same of a field of the destination.
template <auto Field, class T>
Result<> take_of_destination(Definition&, Destination& destination, const ParameterValue& value) {
  destination.*Field = std::get<T>(value);
  return {};
}
template <auto Field>
ParameterValue give_of_destination(const Definition&, const Destination& destination) {
  return destination.*Field;
}

Result<> take_domains(Definition&, Destination& destination, const ParameterValue& value) {
  destination.domains.clear();
  for (const auto& domain : std::get<Texts>(value)) destination.domains.push_back(text::lower(domain));
  return {};
}

Result<> take_path_type(Definition&, Destination& destination, const ParameterValue& value) {
  auto type = parse_path_type(std::get<std::string>(value));
  if (!type) return std::unexpected(type.error());
  destination.path_type = *type;
  return {};
}

ParameterValue give_path_type(const Definition&, const Destination& destination) {
  return std::string(destination.path_type ? to_string(*destination.path_type) : "");
}

Result<> take_port(Definition&, Destination& destination, const ParameterValue& value) {
  auto port = parse::number(std::get<std::string>(value), 1, 65535);
  if (!port) return fail("port", port.error());
  destination.port = static_cast<std::uint16_t>(*port);
  return {};
}

ParameterValue give_port(const Definition&, const Destination& destination) {
  return destination.port == 0 ? std::string() : std::to_string(destination.port);
}

constexpr std::string_view kTemplateFile = "path of a file in the templates directory (templates-dir)";

template <std::string Definition::* Field>
constexpr Parameter template_part(std::string_view name, std::string_view meaning, std::string_view since) {
  return {{.name = name, .max_bytes = kMaxFile, .allowed = kTemplateFile, .meaning = meaning, .since = since},
          "the service's own sections",
          false,
          take<Field, std::string>,
          give<Field>};
}

constexpr std::array kParameters = {
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
    Parameter{{.name = "consulTemplatePath",
               .max_bytes = kMaxFile,
               .allowed = kTemplateFile,
               .meaning = "Template (Consul Template or Go template) for all of the service's configuration.",
               .since = "1.0"},
              "the service's own sections",
              false,
              take<&Definition::consul_template_path, std::string>,
              give<&Definition::consul_template_path>},
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
    Parameter{{.name = "aclName",
               .max_bytes = kMaxName,
               .allowed = "1 to 128 letters, digits, '.', '_' or '-', beginning with a letter or digit",
               .meaning = "Sort key for services that claim the same route: the lower one (byte order) gets "
                          "the request. Default: the service name. The service that claims the route later "
                          "must set it; otherwise its claim is rejected.",
               .since = "the original of December 2016"},
              "the order of equal routes",
              false,
              take<&Definition::acl_name, std::string>,
              give<&Definition::acl_name>},
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
    template_part<&Definition::consul_template_fe_path>(
        "consulTemplateFePath",
        "Template for the rules that the service adds to the shared frontend. Requires consulTemplateBePath.",
        "1.0.2"),
    template_part<&Definition::consul_template_be_path>(
        "consulTemplateBePath", "Template for the service's backends. Requires consulTemplateFePath.",
        "1.0.2"),
    template_part<&Definition::template_fe_path>("templateFePath", "Same as consulTemplateFePath.",
                                                 "the original of 2017"),
    template_part<&Definition::template_be_path>("templateBePath", "Same as consulTemplateBePath.",
                                                 "the original of 2017"),
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
};

constexpr std::array kOptions = {
    ParameterInfo{.name = "distribute",
                  .type = ParameterType::Bool,
                  .fallback = "false",
                  .allowed = "true or false",
                  .meaning = "Accepted for compatibility; has no effect: all proxies with this registry and "
                             "instance name follow within seconds anyway.",
                  .since = "the original of August 2016"},
    ParameterInfo{.name = "dryRun",
                  .type = ParameterType::Bool,
                  .fallback = "false",
                  .allowed = "true or false",
                  .meaning = "Report what would be done and whether it would be accepted; change nothing.",
                  .since = "new"},
    ParameterInfo{
        .name = "waitForHealthy",
        .type = ParameterType::Bool,
        .fallback = "false",
        .allowed = "true or false",
        .meaning = "Instances that are not in use yet receive no requests before they pass a health check. "
                   "If one is not healthy in time, the request is rejected (409) and nothing changes.",
        .since = "new"},
    ParameterInfo{.name = "waitTimeout",
                  .max_bytes = 16,
                  .fallback = "30s",
                  .allowed = "duration: 500ms, 10s, 2m; a number alone is seconds; 1ms to 10m",
                  .meaning = "How long waitForHealthy waits.",
                  .since = "new"},
};

const std::vector<Parameter>& table() {
  static const auto kAll = [] {
    std::vector<Parameter> all(kParameters.begin(), kParameters.end());
    std::ranges::copy(check_parameters(), std::back_inserter(all));
    return all;
  }();
  return kAll;
}

const std::vector<ParameterInfo>& reconfigure_table() {
  static const auto kAll = [] {
    std::vector<ParameterInfo> all;
    for (const auto& parameter : table()) all.push_back(parameter.info);
    std::ranges::copy(kOptions, std::back_inserter(all));
    return all;
  }();
  return kAll;
}

bool is_default(const ParameterValue& value) {
  if (auto* flag = std::get_if<bool>(&value)) return !*flag;
  return render_value(value).empty();
}

Result<RequestOptions> read_options(const ParameterValues& values) {
  RequestOptions options{.distribute = values.flag("distribute"),
                         .dry_run = values.flag("dryRun"),
                         .wait_for_healthy = values.flag("waitForHealthy")};
  if (!values.has("waitTimeout")) return options;
  auto timeout = parse::duration(values.text("waitTimeout"), std::chrono::milliseconds(1), kLongestWait);
  if (!timeout) return fail("waitTimeout", timeout.error());
  options.wait_timeout = *timeout;
  return options;
}

/// The original's sentence comes first, word for word: clients look for it.
Result<> check_mandatory(const Definition& d) {
  bool routed = !d.paths.empty() || !d.domains.empty() || d.has_template();
  if (!d.service.empty() && routed) return {};
  return fail(Errc::InvalidArgument,
              "The following queries are mandatory: serviceName and (servicePath or consulTemplatePath); "
              "a serviceDomain can stand for the servicePath");
}

std::string indexed(std::string_view name, unsigned index) { return fmt::format("{}.{}", name, index); }

/// One value, its own or the one without an index.
Result<> take_value(const ParameterValues& values, const Parameter& parameter, unsigned index,
                    Definition& definition, Destination& destination) {
  const auto* own = values.find(indexed(parameter.info.name, index));
  const auto* value = own ? own : values.find(parameter.info.name);
  if (!value) return {};
  auto taken = parameter.take(definition, destination, *value);
  if (!taken && own) return std::unexpected(of_destination(taken.error(), index));
  return taken;
}

/// What is given without an index is the default of all destinations; where each has its own, nobody takes
/// it.
Result<> check_used(const ParameterValues& values, const Parameter& parameter) {
  auto name = parameter.info.name;
  auto has_own = [&](unsigned index) { return values.has(indexed(name, index)); };
  if (!values.has(name) || !std::ranges::all_of(values.indices(), has_own)) return {};
  return fail(Errc::InvalidArgument,
              fmt::format("{}: every destination has its own; give this one an index, too ({}.{}), or leave "
                          "it out",
                          name, name, *values.indices().rbegin() + 1));
}

Result<> take_destinations(const ParameterValues& values, Definition& definition) {
  unsigned expected = kFirstDestination;
  for (auto index : values.indices()) {
    if (index != expected++ || index > kMaxDestinations)
      return fail(Errc::InvalidArgument,
                  fmt::format("servicePath.{}: destinations are numbered from {} to at most {} without a gap",
                              index, kFirstDestination, kMaxDestinations));
    Destination& destination = index == kFirstDestination ? definition : definition.others[index];
    for (const auto& parameter : table()) {
      if (!parameter.info.indexed) continue;
      if (auto ok = check_used(values, parameter); !ok) return ok;
      if (auto ok = take_value(values, parameter, index, definition, destination); !ok) return ok;
    }
  }
  return {};
}

Result<> take_values(const ParameterValues& values, Definition& definition) {
  bool several = !values.indices().empty();
  for (const auto& parameter : table()) {
    const auto* value = values.find(parameter.info.name);
    if (!value || (several && parameter.info.indexed)) continue;
    if (auto ok = parameter.set(definition, *value); !ok) return ok;
  }
  return several ? take_destinations(values, definition) : Result<>{};
}

}  // namespace

std::span<const Parameter> parameters() { return table(); }

const Parameter* find_parameter(std::string_view name) {
  auto at = std::ranges::find(table(), name, [](const Parameter& p) { return p.info.name; });
  return at == table().end() ? nullptr : &*at;
}

std::span<const ParameterInfo> reconfigure_parameters() { return reconfigure_table(); }

Result<ReconfigureRequest> decode_reconfigure(const ParameterPairs& pairs) {
  auto values = read_values(pairs, reconfigure_table());
  if (!values) return std::unexpected(values.error());
  ReconfigureRequest request;
  if (auto ok = take_values(*values, request.definition); !ok) return std::unexpected(ok.error());
  if (auto ok = check_templates(request.definition); !ok) return std::unexpected(ok.error());
  if (auto ok = check_mandatory(request.definition); !ok) return std::unexpected(ok.error());
  if (auto ok = validate(request.definition); !ok) return std::unexpected(ok.error());
  auto options = read_options(*values);
  if (!options) return std::unexpected(options.error());
  request.options = *options;
  return request;
}

ParameterPairs encode(const Definition& definition) {
  ParameterPairs pairs;
  auto add = [&](std::string name, const ParameterValue& value) {
    if (!is_default(value)) pairs.emplace_back(std::move(name), render_value(value));
  };
  for (const auto& parameter : table()) {
    std::string name(parameter.info.name);
    if (!parameter.info.indexed || definition.others.empty()) {
      add(name, parameter.get(definition));
      continue;
    }
    for (const auto& [index, destination] : definition.destinations())
      add(indexed(name, index), parameter.give(definition, *destination));
  }
  return pairs;
}

}  // namespace dfp::model
