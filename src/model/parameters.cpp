#include "model/parameters.hpp"

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

/// Set and get of a field that holds its value as it is.
template <auto Field, class T>
Result<> take(Definition& definition, const ParameterValue& value) {
  definition.*Field = std::get<T>(value);
  return {};
}
template <auto Field>
ParameterValue give(const Definition& definition) {
  return definition.*Field;
}

Result<> take_domains(Definition& definition, const ParameterValue& value) {
  definition.domains.clear();
  for (const auto& domain : std::get<Texts>(value)) definition.domains.push_back(text::lower(domain));
  return {};
}

Result<> take_path_type(Definition& definition, const ParameterValue& value) {
  auto type = parse_path_type(std::get<std::string>(value));
  if (!type) return std::unexpected(type.error());
  definition.path_type = *type;
  return {};
}

ParameterValue give_path_type(const Definition& definition) {
  return std::string(definition.path_type ? to_string(*definition.path_type) : "");
}

Result<> take_port(Definition& definition, const ParameterValue& value) {
  auto port = parse::number(std::get<std::string>(value), 1, 65535);
  if (!port) return fail("port", port.error());
  definition.port = static_cast<std::uint16_t>(*port);
  return {};
}

ParameterValue give_port(const Definition& definition) {
  return definition.port == 0 ? std::string() : std::to_string(definition.port);
}

constexpr std::string_view kTemplateFile = "path of a file in the folder of templates (templates-dir)";

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
               .meaning = "Name of the service, as it is registered (without the colour). Mandatory.",
               .since = "1.0"},
              "the name of the backend",
              false,
              take<&Definition::service, std::string>,
              give<&Definition::service>},
    Parameter{{.name = "serviceColor",
               .max_bytes = kMaxName,
               .allowed = "1 to 64 letters, digits, '.', '_' or '-', beginning with a letter or digit",
               .meaning =
                   "Blue-green colour: the instances registered as serviceName-serviceColor are used. Routes "
                   "and names stay those of serviceName.",
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
         .meaning =
             "Paths of the service; a request with any of them is for it. Mandatory unless serviceDomain "
             "or consulTemplatePath is given; with serviceDomain alone it is every path.",
         .since = "1.0"},
        "entries of the route maps",
        false,
        take<&Definition::paths, Texts>,
        give<&Definition::paths>},
    Parameter{{.name = "serviceDomain",
               .type = ParameterType::List,
               .max_bytes = kMaxDomain,
               .allowed = "host names without port, or *.example.com for every host below example.com",
               .meaning =
                   "Hosts of the service; requests for other hosts are not for it. Compared without case and "
                   "port, always the whole name.",
               .since = "1.0 (one name; a list is new)"},
              "entries of the route maps",
              true,
              take_domains,
              give<&Definition::domains>},
    Parameter{
        {.name = "consulTemplatePath",
         .max_bytes = kMaxFile,
         .allowed = kTemplateFile,
         .meaning = "Template (Consul Template or Go template) that gives the service's whole part of the "
                    "configuration.",
         .since = "1.0"},
        "the service's own sections",
        false,
        take<&Definition::consul_template_path, std::string>,
        give<&Definition::consul_template_path>},
    Parameter{
        {.name = "pathType",
         .fallback = "path_beg",
         .allowed = "path_beg, path, path_end, path_sub, path_dir, path_reg",
         .meaning = "How a request's path is compared with servicePath: it begins with it, is it, ends with "
                    "it, contains it, contains it between slashes, or matches it as a regular expression.",
         .since = "1.0"},
        "which route map the paths are in",
        false,
        take_path_type,
        give_path_type},
    Parameter{{.name = "skipCheck",
               .type = ParameterType::Bool,
               .fallback = "false",
               .allowed = "true or false (1, t, T, TRUE, True, 0, f, F, FALSE, False)",
               .meaning = "HAProxy does not check the health of the instances.",
               .since = "1.0"},
              "the check of the servers",
              false,
              take<&Definition::skip_check, bool>,
              give<&Definition::skip_check>},
    Parameter{
        {.name = "aclName",
         .max_bytes = kMaxName,
         .allowed = "1 to 128 letters, digits, '.', '_' or '-', beginning with a letter or digit",
         .meaning =
             "Sort key where two services claim the very same route: the lower one (byte order) gets the "
             "request. The service's name when absent. Whoever comes second needs one: it is the consent to "
             "that; otherwise the claim that comes later is refused.",
         .since = "the original of December 2016"},
        "the order of equal routes",
        false,
        take<&Definition::acl_name, std::string>,
        give<&Definition::acl_name>},
    Parameter{{.name = "port",
               .max_bytes = 5,
               .allowed = "1 to 65535",
               .meaning =
                   "Port of the instances inside of their containers. Needed with Docker where a service has "
                   "several, or tells none; a registry that knows the ports is believed.",
               .since = "the original of July 2016"},
              "the servers of the backend",
              false,
              take_port,
              give_port},
    Parameter{
        {.name = "discoveryType",
         .max_bytes = 16,
         .allowed = "tasks, DNS, overlay",
         .meaning =
             "With Docker Swarm: tasks (the default) and DNS use the address of every task, overlay the "
             "virtual IP of the service, behind which HAProxy sees no single task.",
         .since = "the original of May 2018 (where overlay is the default)"},
        "the servers of the backend",
        false,
        take<&Definition::discovery_type, std::string>,
        give<&Definition::discovery_type>},
    Parameter{
        {.name = "network",
         .max_bytes = kMaxName,
         .allowed = "1 to 128 letters, digits, '.', '_' or '-', beginning with a letter or digit",
         .meaning = "With Docker: the network in which the instances are reached. One that the proxy shares "
                    "with them when absent.",
         .since = "new"},
        "the servers of the backend",
        false,
        take<&Definition::network, std::string>,
        give<&Definition::network>},
    template_part<&Definition::consul_template_fe_path>(
        "consulTemplateFePath",
        "Template of the rules that the service adds to the shared frontend. Needs consulTemplateBePath.",
        "1.0.2"),
    template_part<&Definition::consul_template_be_path>(
        "consulTemplateBePath", "Template of the service's backends. Needs consulTemplateFePath.", "1.0.2"),
    template_part<&Definition::template_fe_path>("templateFePath", "As consulTemplateFePath.",
                                                 "the original of 2017"),
    template_part<&Definition::template_be_path>("templateBePath", "As consulTemplateBePath.",
                                                 "the original of 2017"),
    Parameter{
        {.name = "watch",
         .type = ParameterType::Bool,
         .fallback = "false",
         .allowed = "true or false",
         .meaning =
             "Follow the registry: what changes there (instances, or the data that the template uses) is "
             "applied without another request. The rest of the definition stays on demand.",
         .since = "new"},
        "the servers of the backend, or the service's own sections",
        false,
        take<&Definition::watch, bool>,
        give<&Definition::watch>},
    Parameter{{.name = "takeOver",
               .type = ParameterType::Bool,
               .fallback = "false",
               .allowed = "true or false",
               .meaning =
                   "Take a route from another service that has no aclName. Needs an aclName (or a name) that "
                   "is lower than its name. Without it such a request is refused with the owner's name.",
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
                  .meaning =
                      "Accepted as in the original, without effect: every proxy with this registry and "
                      "instance name follows within seconds anyway.",
                  .since = "the original of August 2016"},
    ParameterInfo{
        .name = "dryRun",
        .type = ParameterType::Bool,
        .fallback = "false",
        .allowed = "true or false",
        .meaning = "Only says what would be done and whether it would be accepted; changes nothing.",
        .since = "new"},
    ParameterInfo{
        .name = "waitForHealthy",
        .type = ParameterType::Bool,
        .fallback = "false",
        .allowed = "true or false",
        .meaning =
            "Instances that do not serve yet get no request before a first good health check. If one is "
            "not healthy in time the request is refused (409) and nothing is changed.",
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
  for (const auto& parameter : table()) {
    auto* value = values->find(parameter.info.name);
    if (!value) continue;
    if (auto ok = parameter.set(request.definition, *value); !ok) return std::unexpected(ok.error());
  }
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
  for (const auto& parameter : table()) {
    auto value = parameter.get(definition);
    if (!is_default(value)) pairs.emplace_back(parameter.info.name, render_value(value));
  }
  return pairs;
}

}  // namespace dfp::model
