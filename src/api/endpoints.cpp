#include "api/endpoints.hpp"

#include <algorithm>
#include <array>

#include "parameters/table.hpp"

namespace dfp::api {
namespace {
using parameters::ParameterInfo;
using parameters::ParameterType;

constexpr std::string_view kNameText =
    "1 to 128 letters, digits, '.', '_' or '-', beginning with a letter or digit";

constexpr std::array kRemove = {
    ParameterInfo{
        .name = "serviceName", .allowed = kNameText, .meaning = "The service. Required.", .since = "1.0"},
    ParameterInfo{.name = "aclName",
                  .allowed = kNameText,
                  .meaning = "Accepted for compatibility; has no effect: the name of the service is enough.",
                  .since = "the original of December 2016"},
    ParameterInfo{.name = "distribute",
                  .type = ParameterType::Bool,
                  .fallback = "false",
                  .allowed = "true or false",
                  .meaning = "Accepted for compatibility; has no effect: all proxies with this registry and "
                             "instance name follow anyway.",
                  .since = "the original of August 2016"},
};

constexpr std::array kServices = {
    ParameterInfo{.name = "serviceName",
                  .allowed = kNameText,
                  .meaning = "Only this service. Default: all.",
                  .since = "new"},
    ParameterInfo{.name = "catalog",
                  .type = ParameterType::Bool,
                  .fallback = "true",
                  .allowed = "true or false",
                  .meaning = "Whether to ask the registry for the instances that are registered now.",
                  .since = "new"},
    ParameterInfo{.name = "health",
                  .type = ParameterType::Bool,
                  .fallback = "true",
                  .allowed = "true or false",
                  .meaning = "Whether to ask HAProxy for the state of the servers (Up, Servers).",
                  .since = "new"},
    ParameterInfo{.name = "live",
                  .type = ParameterType::Bool,
                  .fallback = "false",
                  .allowed = "true or false",
                  .meaning = "Whether to read what HAProxy serves at this moment and list how it differs "
                             "from what was acknowledged (Differences).",
                  .since = "new"},
};

constexpr std::array kRegister = {
    ParameterInfo{.name = "serviceName",
                  .allowed = kNameText,
                  .meaning = "Name to register under; with a colour: NAME-COLOUR. Required.",
                  .since = "new"},
    ParameterInfo{.name = "address",
                  .max_bytes = 253,
                  .allowed = "IPv4 or IPv6 address, or a host name",
                  .meaning = "Where the instance listens. Required.",
                  .since = "new"},
    ParameterInfo{.name = "port",
                  .max_bytes = 5,
                  .allowed = "1 to 65535",
                  .meaning = "Its port. Required.",
                  .since = "new"},
    ParameterInfo{.name = "id",
                  .max_bytes = 255,
                  .fallback = "serviceName:address:port",
                  .allowed = "up to 255 bytes of text",
                  .meaning = "Identifies the instance on its node; registering the same again replaces it.",
                  .since = "new"},
    ParameterInfo{.name = "node",
                  .max_bytes = 255,
                  .fallback = "address",
                  .allowed = "up to 255 bytes of text",
                  .meaning = "The machine it runs on.",
                  .since = "new"},
    ParameterInfo{.name = "tags",
                  .type = ParameterType::List,
                  .max_bytes = 255,
                  .allowed = "texts separated by commas",
                  .meaning = "Arbitrary tags.",
                  .since = "new"},
};

constexpr std::array kDeregister = {
    ParameterInfo{.name = "serviceName",
                  .allowed = kNameText,
                  .meaning = "Name the instance is registered under. Required.",
                  .since = "new"},
    ParameterInfo{.name = "id",
                  .max_bytes = 255,
                  .allowed = "up to 255 bytes of text",
                  .meaning = "The instance; or give address and port.",
                  .since = "new"},
    ParameterInfo{.name = "node",
                  .max_bytes = 255,
                  .allowed = "up to 255 bytes of text",
                  .meaning = "Its node; required only if several nodes have the same id.",
                  .since = "new"},
    ParameterInfo{.name = "address",
                  .max_bytes = 253,
                  .allowed = "IPv4 or IPv6 address, or a host name",
                  .meaning = "With port, in place of id.",
                  .since = "new"},
    ParameterInfo{.name = "port",
                  .max_bytes = 5,
                  .allowed = "1 to 65535",
                  .meaning = "With address, in place of id.",
                  .since = "new"},
};

constexpr std::array kConfig = {
    ParameterInfo{.name = "type",
                  .fallback = "text",
                  .allowed = "text, json",
                  .meaning = "text: HAProxy's configuration; json: the definitions by service name.",
                  .since = "the original of October 2016"},
};

constexpr std::array kReload = {
    ParameterInfo{.name = "recreate",
                  .type = ParameterType::Bool,
                  .fallback = "false",
                  .allowed = "true or false",
                  .meaning = "Reread the certificates and render the whole configuration again, instead of "
                             "loading the files as they are.",
                  .since = "the original of December 2016"},
    ParameterInfo{.name = "fromListener",
                  .type = ParameterType::Bool,
                  .fallback = "false",
                  .allowed = "true or false",
                  .meaning = "Accepted for compatibility; has no effect: definitions come from the registry.",
                  .since = "the original of 2017"},
};

constexpr std::array<std::string_view, 1> kService = {"serviceName"};
constexpr std::array<std::string_view, 3> kInstance = {"serviceName", "address", "port"};
constexpr std::array<std::string_view, 5> kRoutes = {"servicePath", "serviceDomain", "consulTemplatePath",
                                                     "consulTemplateFePath", "templateFePath"};
constexpr std::array<std::string_view, 2> kSelectors = {"id", "address"};

/// Not constexpr: the span of reconfigure's parameters comes from another unit.
const std::array kEndpoints = {
    Endpoint{
        .action = Action::Reconfigure,
        .path = "/v1/docker-flow-proxy/reconfigure",
        .command = "reconfigure",
        .example = "go-demo /demo --service-domain example.com",
        .summary = "Route requests to a service: pin the instances registered now, and store the definition.",
        .parameters = parameters::reconfigure_parameters(),
        .words = {"serviceName", "servicePath"},
        .required = kService,
        .one_of = kRoutes,
        .changes = true,
        .scope = Scope::Deploy,
        .success =
            "HAProxy has confirmed the change and the definition is in the registry. AppliedBy says how "
            "(nothing, runtime, reload), Reason why a reload was needed.",
        .failures = "400: a parameter is unknown, malformed or missing (named in Message), or a template is "
                    "wrong (with its line and the reason). 409: another service has the same route (named in "
                    "Message), or a section or port of the template; the service is being served and would "
                    "lose its last instance; an instance did not become healthy in time (waitForHealthy); a "
                    "later request changed the service; no host name of its instances resolves. 500: HAProxy "
                    "rejected the change. 503: the registry or HAProxy is unavailable, or the request timed "
                    "out (request-timeout, including the time in the queue). In all these cases, nothing "
                    "changes. 504: the registry was notified but did not answer: the change is undone here, "
                    "and takes effect after all if the registry has stored it."},
    Endpoint{
        .action = Action::Remove,
        .path = "/v1/docker-flow-proxy/remove",
        .command = "remove",
        .example = "go-demo",
        .summary = "Remove a service's routes, servers and definition.",
        .parameters = kRemove,
        .words = {"serviceName"},
        .required = kService,
        .changes = true,
        .scope = Scope::Deploy,
        .success = "The service was removed. Removing an unknown service also succeeds (Message says so).",
        .failures =
            "400: a parameter is unknown, malformed or missing. 500: HAProxy rejected the change. 503: the "
            "registry or HAProxy is unavailable. 504: the registry did not answer, and may have deleted the "
            "definition: the service is then removed as soon as the registry answers."},
    Endpoint{.action = Action::Services,
             .path = "/v1/docker-flow-proxy/services",
             .command = "services",
             .example = "go-demo",
             .summary =
                 "Definitions with the instances in use and registered, and, each with its reason, services "
                 "that are quarantined (Quarantined), served differently from the registry (Kept), missing "
                 "an instance whose address now belongs to another service (Withdrawn), served as stored "
                 "(NotRefreshed), or unable to follow the registry although they should (WatchProblems).",
             .parameters = kServices,
             .words = {"serviceName"},
             .success = "The list. Registered is null if the registry could not be read (CatalogError says "
                        "why), Differences if HAProxy could not (LiveError).",
             .failures = "400: a parameter is unknown or malformed. 404: no such service."},
    Endpoint{.action = Action::Register,
             .path = "/v1/docker-flow-proxy/register",
             .command = "register",
             .example = "go-demo --address 127.0.0.1 --port 9001",
             .summary = "Register an instance in the registry; the next reconfigure routes to it.",
             .parameters = kRegister,
             .words = {"serviceName"},
             .required = kInstance,
             .changes = true,
             .scope = Scope::Deploy,
             .success = "The instance is registered.",
             .failures = "400: a parameter is unknown, malformed or missing. 409: instances cannot be "
                         "registered through the proxy in this registry. 503: the registry is unavailable. "
                         "504: it did not answer, and may have registered the instance."},
    Endpoint{
        .action = Action::Deregister,
        .path = "/v1/docker-flow-proxy/deregister",
        .command = "deregister",
        .example = "go-demo --address 127.0.0.1 --port 9001",
        .summary = "Deregister an instance; it keeps receiving traffic until the next reconfigure.",
        .parameters = kDeregister,
        .words = {"serviceName"},
        .required = kService,
        .one_of = kSelectors,
        .changes = true,
        .scope = Scope::Deploy,
        .success = "The instance is no longer registered.",
        .failures =
            "400: a parameter is unknown, malformed or missing. 404: no such instance. 409: instances cannot "
            "be deregistered through the proxy in this registry, or several instances match. 503: the "
            "registry is unavailable. 504: it did not answer, and may have deregistered the instance."},
    Endpoint{.action = Action::Config,
             .path = "/v1/docker-flow-proxy/config",
             .command = "config",
             .example = "--type json",
             .summary = "What is in force: HAProxy's configuration, or the definitions.",
             .parameters = kConfig,
             .success = "HAProxy's configuration as plain text, or the definitions as JSON.",
             .failures = "400: a parameter is unknown or malformed."},
    Endpoint{.action = Action::Reload,
             .path = "/v1/docker-flow-proxy/reload",
             .command = "reload",
             .example = "--recreate true",
             .summary = "Reload HAProxy without losing a request. Ordinary changes do not need this.",
             .parameters = kReload,
             .changes = true,
             .scope = Scope::Admin,
             .success = "The new worker serves.",
             .failures = "400: a parameter is unknown or malformed. 500: HAProxy rejected the configuration; "
                         "the old worker keeps serving."},
    Endpoint{.action = Action::Metrics,
             .path = "/metrics",
             .summary = "Counters and gauges in Prometheus' text format.",
             .success = "The metrics as plain text."},
    Endpoint{.action = Action::Ping,
             .path = "/v1/docker-flow-proxy/ping",
             .command = "ping",
             .summary = "Whether the API answers.",
             .scope = Scope::Open,
             .success = "`Status` is `OK`."},
    Endpoint{
        .action = Action::InitialReload,
        .path = "/v1/docker-flow-proxy/successfulinitreload",
        .summary =
            "Readiness: the proxy has synchronised with the registry at least once, and HAProxy answers.",
        .scope = Scope::Open,
        .success = "`Status` is `OK`.",
        .failures = "500: not ready yet (as in the original); the last known routes are served meanwhile. Or "
                    "HAProxy has died or does not answer, and is being replaced."},
    Endpoint{.action = Action::Listener,
             .path = "/v1/docker-flow-swarm-listener/notify-services",
             .summary = "Apply the labels of all services again, even if the API has overridden them.",
             .changes = true,
             .scope = Scope::Admin,
             .success = "It is done in the background.",
             .failures = "404: label discovery is off."},
    Endpoint{.action = Action::Listener,
             .path = "/v1/docker-flow-swarm-listener/get-services",
             .summary = "The labelled services that run, with their labels as parameters.",
             .success = "A JSON list of objects whose values are texts, as of the original's Swarm Listener.",
             .failures = "404: label discovery is off. 503: Docker has not been read yet."},
    Endpoint{.action = Action::Listener,
             .path = "/v1/docker-flow-swarm-listener/get-nodes",
             .summary = "The nodes of the swarm.",
             .success = "A JSON list of objects whose values are texts, as of the original's Swarm Listener.",
             .failures = "404: label discovery is off. 503: Docker has not been read yet."},
    Endpoint{.action = Action::Listener,
             .path = "/v1/docker-flow-swarm-listener/ping",
             .summary = "Whether labels are followed.",
             .scope = Scope::Open,
             .success = "`Status` is `OK`.",
             .failures = "404: label discovery is off."},
    Endpoint{.action = Action::Test,
             .path = "/v1/test",
             .summary = "Always answers; a backend to try routes with.",
             .scope = Scope::Open,
             .success = "`Status` is `OK`."},
    Endpoint{.action = Action::Test,
             .path = "/v2/test",
             .summary = "The same.",
             .scope = Scope::Open,
             .success = "`Status` is `OK`."},
    Endpoint{.action = Action::Help,
             .path = "/v1/docker-flow-proxy/",
             .summary = "This list, with every parameter.",
             .scope = Scope::Open,
             .success = "The list."},
};

std::string_view without_slash(std::string_view path) {
  return path.size() > 1 && path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
}

}  // namespace

std::vector<std::string_view> allowed_methods(const Endpoint& endpoint, bool get_mutates) {
  if (!endpoint.changes) return {"GET", "HEAD"};
  std::vector<std::string_view> methods = {"POST", "PUT"};
  if (get_mutates) methods.insert(methods.begin(), "GET");
  bool takes_out = endpoint.action == Action::Remove || endpoint.action == Action::Deregister;
  if (takes_out) methods.emplace_back("DELETE");
  return methods;
}

std::span<const Endpoint> endpoints() { return kEndpoints; }

const Endpoint* find_endpoint(std::string_view path) {
  auto fits = [&](const Endpoint& endpoint) { return without_slash(endpoint.path) == without_slash(path); };
  auto at = std::ranges::find_if(kEndpoints, fits);
  return at == kEndpoints.end() ? nullptr : &*at;
}

const Endpoint* find_command(std::string_view command) {
  auto at = std::ranges::find(kEndpoints, command, &Endpoint::command);
  return command.empty() || at == kEndpoints.end() ? nullptr : &*at;
}

}  // namespace dfp::api
