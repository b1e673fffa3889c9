#include "api/endpoints.hpp"

#include <algorithm>
#include <array>

#include "model/parameters.hpp"

namespace dfp::api {
namespace {
using model::ParameterInfo;
using model::ParameterType;

constexpr std::string_view kNameText =
    "1 to 128 letters, digits, '.', '_' or '-', beginning with a letter or digit";

constexpr std::array kRemove = {
    ParameterInfo{
        .name = "serviceName", .allowed = kNameText, .meaning = "The service. Mandatory.", .since = "1.0"},
    ParameterInfo{
        .name = "aclName",
        .allowed = kNameText,
        .meaning = "Accepted as in the original, without effect: the name of the service is enough.",
        .since = "the original of December 2016"},
    ParameterInfo{.name = "distribute",
                  .type = ParameterType::Bool,
                  .fallback = "false",
                  .allowed = "true or false",
                  .meaning =
                      "Accepted as in the original, without effect: every proxy with this registry and "
                      "instance name follows anyway.",
                  .since = "the original of August 2016"},
};

constexpr std::array kServices = {
    ParameterInfo{.name = "serviceName",
                  .allowed = kNameText,
                  .meaning = "Only this service; all when absent.",
                  .since = "new"},
    ParameterInfo{.name = "catalog",
                  .type = ParameterType::Bool,
                  .fallback = "true",
                  .allowed = "true or false",
                  .meaning = "Whether to ask the registry for the instances that are registered now.",
                  .since = "new"},
};

constexpr std::array kRegister = {
    ParameterInfo{.name = "serviceName",
                  .allowed = kNameText,
                  .meaning = "Name to register under; with a colour: NAME-COLOUR. Mandatory.",
                  .since = "new"},
    ParameterInfo{.name = "address",
                  .max_bytes = 253,
                  .allowed = "IPv4 or IPv6 address, or a host name",
                  .meaning = "Where the instance listens. Mandatory.",
                  .since = "new"},
    ParameterInfo{.name = "port",
                  .max_bytes = 5,
                  .allowed = "1 to 65535",
                  .meaning = "Its port. Mandatory.",
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
                  .meaning = "Free marks.",
                  .since = "new"},
};

constexpr std::array kDeregister = {
    ParameterInfo{.name = "serviceName",
                  .allowed = kNameText,
                  .meaning = "Name the instance is registered under. Mandatory.",
                  .since = "new"},
    ParameterInfo{.name = "id",
                  .max_bytes = 255,
                  .allowed = "up to 255 bytes of text",
                  .meaning = "The instance; or give address and port.",
                  .since = "new"},
    ParameterInfo{.name = "node",
                  .max_bytes = 255,
                  .allowed = "up to 255 bytes of text",
                  .meaning = "Its node; needed only where several nodes have the same id.",
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

/// Not constexpr: the span of reconfigure's parameters comes from another unit.
const std::array kEndpoints = {
    Endpoint{
        Action::Reconfigure, "/v1/docker-flow-proxy/reconfigure", "reconfigure",
        "Route requests to a service: take the instances that are registered now, and keep the definition.",
        model::reconfigure_parameters(),
        "HAProxy has confirmed the change and the definition is in the registry. AppliedBy says how "
        "(nothing, "
        "runtime, reload), Reason why a reload was needed.",
        "400: a parameter is unknown, malformed or missing (named in Message). 409: another service has the "
        "very "
        "same route, or the service serves now and would lose its last instance. 500: HAProxy refused. 503: "
        "the "
        "registry or HAProxy cannot be reached. Nothing is changed by any of them."},
    Endpoint{Action::Remove, "/v1/docker-flow-proxy/remove", "remove",
             "Take a service's routes and servers out, and forget its definition.", kRemove,
             "The service is gone; an unknown one is fine too (Message says so).",
             "400: a parameter is unknown, malformed or missing. 500: HAProxy refused. 503: the registry or "
             "HAProxy "
             "cannot be reached."},
    Endpoint{Action::Services, "/v1/docker-flow-proxy/services", "services",
             "The services: definitions, instances in use and registered now, what is set aside and why.",
             kServices,
             "The list. Registered is null where the registry could not be asked (CatalogError says why).",
             "400: a parameter is unknown or malformed. 404: no such service."},
    Endpoint{Action::Register, "/v1/docker-flow-proxy/register", "register",
             "Register an instance in the embedded registry. It is not routed before the next reconfigure.",
             kRegister, "The instance is registered.",
             "400: a parameter is unknown, malformed or missing. 409: this registry is not written through "
             "the proxy. "
             "503: the registry cannot be reached."},
    Endpoint{
        Action::Deregister, "/v1/docker-flow-proxy/deregister", "deregister",
        "Take an instance out of the embedded registry. It stays in use until the next reconfigure.",
        kDeregister, "The instance is not registered any more.",
        "400: a parameter is unknown, malformed or missing. 404: no such instance. 409: this registry is not "
        "written through the proxy, or several instances fit. 503: the registry cannot be reached."},
    Endpoint{Action::Config, "/v1/docker-flow-proxy/config", "config", "What is in force.", kConfig,
             "HAProxy's configuration as plain text, or the definitions as JSON.",
             "400: a parameter is unknown or malformed."},
    Endpoint{
        Action::Ping, "/v1/docker-flow-proxy/ping", "ping", "Whether the API answers.", {}, "It does.", ""},
    Endpoint{Action::InitialReload,
             "/v1/docker-flow-proxy/successfulinitreload",
             "",
             "Whether the proxy is ready: it has once been in step with the registry.",
             {},
             "It has.",
             "500: not yet (as in the original); the last known routes are served meanwhile."},
    Endpoint{
        Action::Test, "/v1/test", "", "Always answers; a backend to try routes with.", {}, "Always.", ""},
    Endpoint{Action::Test, "/v2/test", "", "The same.", {}, "Always.", ""},
    Endpoint{
        Action::Help, "/v1/docker-flow-proxy/", "", "This list, with every parameter.", {}, "The list.", ""},
};

std::string_view without_slash(std::string_view path) {
  return path.size() > 1 && path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
}

}  // namespace

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
