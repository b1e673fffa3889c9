#include "settings/properties.hpp"

#include <algorithm>
#include <cctype>

#include "settings/registry_address.hpp"
#include "settings/setters.hpp"

namespace dfp::settings {
namespace {

constexpr std::string_view kDuration = "duration: 250ms, 5s, 1m, 1h; a number alone is seconds; 1ms to 24d";
constexpr std::string_view kListen = "ADDR:PORT; * for every address";

template <auto... Path>
constexpr Property text(std::string_view key, std::string_view allowed, std::string_view help,
                        std::array<Variable, 2> also = {}) {
  return {key, allowed, help, set_text<Path...>, get_text<Path...>, also};
}
template <auto... Path>
constexpr Property secret(std::string_view key, std::string_view allowed, std::string_view help,
                          std::array<Variable, 2> also = {}) {
  return {key, allowed, help, set_text<Path...>, get_text<Path...>, also, true};
}
template <auto... Path>
constexpr Property duration(std::string_view key, std::string_view help, Variable also = {}) {
  return {key, kDuration, help, set_duration<Path...>, get_duration<Path...>, {also}};
}
template <auto... Path>
constexpr Property boolean(std::string_view key, std::string_view help, Variable also = {}) {
  return {key, kBoolean, help, set_bool<Path...>, get_bool<Path...>, {also}};
}

Result<> set_registry(Settings& settings, std::string_view text) {
  auto registry = parse_registry(text);
  if (!registry) return std::unexpected(registry.error());
  settings.registry = std::move(*registry);
  return {};
}
std::string get_registry(const Settings& settings) { return render_registry(settings.registry); }

/// CONSUL_ADDRESS: the original's choice of a registry.
Result<> set_consul_registry(Settings& settings, std::string_view text) {
  auto servers = parse_consul_servers(text, false);
  if (!servers) return std::unexpected(servers.error());
  settings.registry = {.kind = Registry::Kind::Consul, .file = {}, .servers = std::move(*servers)};
  return {};
}

Result<> set_consul_address(Settings& settings, std::string_view text) {
  if (auto servers = parse_consul_servers(text, false); !servers) return std::unexpected(servers.error());
  settings.consul.address = std::string(text);
  return {};
}

/// IP and PORT replace one half of the API's address each.
Result<> set_api_address(Settings& settings, std::string_view text) {
  auto host = text.contains(':') ? "[" + std::string(text) + "]" : std::string(text);
  return set_listen<&Settings::api>(settings, host + settings.api.substr(settings.api.rfind(':')));
}
Result<> set_api_port(Settings& settings, std::string_view text) {
  if (auto port = parse::number(text, 0, 65535); !port) return std::unexpected(port.error());
  settings.api = settings.api.substr(0, settings.api.rfind(':') + 1) + std::string(text);
  return {};
}

Result<> set_https(Settings& settings, std::string_view text) {
  if (text == "off") {
    settings.https.reset();
    return {};
  }
  if (auto ok = check_listen(text); !ok)
    return fail(Errc::InvalidArgument, ok.error().what + ", and not off");
  settings.https = std::string(text);
  return {};
}
std::string get_https(const Settings& settings) { return settings.https.value_or("off"); }

/// A part of a key in the registry, so without '/'.
Result<> set_instance_name(Settings& settings, std::string_view text) {
  auto fits = [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '_' || c == '-'; };
  if (text.empty() || text.size() > 128 || !std::isalnum(static_cast<unsigned char>(text[0])) ||
      !std::ranges::all_of(text, fits))
    return fail(Errc::InvalidArgument,
                text::shown(text) +
                    " is not 1 to 128 letters, digits, '.', '_' or '-' that begin with a letter or digit");
  settings.instance_name = std::string(text);
  return {};
}

Result<> set_log_level(Settings& settings, std::string_view text) {
  auto level = log::parse_level(text);
  if (!level) return std::unexpected(level.error());
  settings.log_level = *level;
  return {};
}
std::string get_log_level(const Settings& settings) {
  return std::string(log::to_string(settings.log_level));
}

Result<> set_log_format(Settings& settings, std::string_view text) {
  auto format = log::parse_format(text);
  if (!format) return std::unexpected(format.error());
  settings.log_format = *format;
  return {};
}
std::string get_log_format(const Settings& settings) {
  return std::string(log::to_string(settings.log_format));
}

Result<> set_stats_uri(Settings& settings, std::string_view text) {
  auto printable = [](char c) { return c > 0x20 && c < 0x7F; };
  if (!text.starts_with('/') || !std::ranges::all_of(text, printable))
    return fail(Errc::InvalidArgument,
                text::shown(text) + " is not a path of printable ASCII that begins with '/'");
  settings.stats.uri = std::string(text);
  return {};
}

constexpr std::array<std::pair<std::string_view, Docker::Discovery>, 3> kDiscoveries = {
    {{"off", Docker::Discovery::Off},
     {"swarm", Docker::Discovery::Swarm},
     {"docker", Docker::Discovery::Containers}}};

Result<> set_discovery(Settings& settings, std::string_view text) {
  auto at = std::ranges::find(kDiscoveries, text, &decltype(kDiscoveries)::value_type::first);
  if (at == kDiscoveries.end())
    return fail(Errc::InvalidArgument, text::shown(text) + " is none of off, swarm, docker");
  settings.docker.discovery = at->second;
  return {};
}
std::string get_discovery(const Settings& settings) {
  auto at =
      std::ranges::find(kDiscoveries, settings.docker.discovery, &decltype(kDiscoveries)::value_type::second);
  return std::string(at->first);
}

Result<> set_health(Settings& settings, std::string_view text) {
  if (text != "haproxy" && text != "registry")
    return fail(Errc::InvalidArgument, text::shown(text) + " is none of haproxy, registry");
  settings.checks.by = text == "registry" ? Checks::By::Registry : Checks::By::Haproxy;
  return {};
}
std::string get_health(const Settings& settings) {
  return settings.checks.by == Checks::By::Registry ? "registry" : "haproxy";
}

Result<> set_template_check(Settings& settings, std::string_view text) {
  if (text != "confined" && text != "unconfined")
    return fail(Errc::InvalidArgument, text::shown(text) + " is none of confined, unconfined");
  settings.templates.confine_check = text == "confined";
  return {};
}
std::string get_template_check(const Settings& settings) {
  return settings.templates.confine_check ? "confined" : "unconfined";
}

/// MODE of the original: "swarm" and "service" mean the same; anything else is its mode with Consul.
Result<> set_mode(Settings& settings, std::string_view text) {
  if (text == "swarm" || text == "service") settings.docker.discovery = Docker::Discovery::Swarm;
  return {};
}

constexpr char kHostMarks[] = "-._";
constexpr char kVariableMarks[] = "_";
constexpr char kKeywordMarks[] = "-_.";

constexpr std::array kProperties = {
    Property{"registry",
             "embedded[:FILE], consul[://HOST:PORT[,HOST:PORT]], consuls://... for TLS",
             "Where instances and definitions are stored. The embedded registry is a file in state-dir; "
             "several Consul servers are tried in order.",
             set_registry,
             get_registry,
             {Variable{"CONSUL_ADDRESS", set_consul_registry}}},
    Property{"api",
             kListen,
             "Where the HTTP API listens.",
             set_listen<&Settings::api>,
             get_text<&Settings::api>,
             {Variable{"IP", set_api_address}, Variable{"PORT", set_api_port}}},
    Property{"api-host", "names separated by commas",
             "Names accepted in the API's Host header, in addition to addresses, localhost, names without a "
             "dot and this machine's own name. Requests with any other name are rejected (protection against "
             "DNS rebinding).",
             set_names<kHostMarks, &Settings::api_access, &ApiAccess::hosts>,
             get_names<&Settings::api_access, &ApiAccess::hosts>},
    text<&Settings::api_access, &ApiAccess::socket>(
        "api-socket", "file; or off",
        "Unix socket of the API, for the command line on this machine (mode 0600; its owner can do "
        "everything). Default: api.sock in run-dir."),
    text<&Settings::api_access, &ApiAccess::token_file>(
        "api-token-file", "file",
        "Tokens and their scopes, one per line (TOKEN admin; TOKEN read deploy:team-a-*). Every request "
        "except liveness and readiness then requires one. Reloaded when it changes."),
    boolean<&Settings::api_access, &ApiAccess::open>(
        "api-open",
        "Allow an address other than loopback without authentication: anyone who can reach the API can "
        "change everything."),
    boolean<&Settings::api_access, &ApiAccess::get_mutates>(
        "api-get-mutates",
        "Whether GET requests can make changes, as in the original. false: POST or PUT is required (or "
        "DELETE, to remove)."),
    text<&Settings::api_access, &ApiAccess::tls_cert>(
        "api-tls-cert", "file", "Certificate (PEM, with its chain) of the API. Enables HTTPS."),
    text<&Settings::api_access, &ApiAccess::tls_key>("api-tls-key", "file", "Its key (PEM)."),
    text<&Settings::api_access, &ApiAccess::client_ca>(
        "api-client-ca", "file",
        "CA certificates (PEM): API clients must present a certificate issued by one of them."),
    Property{"http", kListen, "Where HAProxy listens for HTTP.", set_listen<&Settings::http>,
             get_text<&Settings::http>},
    Property{"https", "ADDR:PORT; * for every address; or off", "Where HAProxy listens for HTTPS.", set_https,
             get_https},
    Property{"docker",
             "unix:///PATH, tcp://HOST:PORT, http://…, https://…",
             "The Docker Engine. Without discovery, the server registers this engine's containers in its "
             "registry (see registrator).",
             set_text<&Settings::docker, &Docker::address>,
             get_text<&Settings::docker, &Docker::address>,
             {Variable{"DF_DOCKER_HOST"}}},
    boolean<&Settings::docker, &Docker::tls>("docker-tls", "Speak TLS to an engine at tcp://."),
    boolean<&Settings::docker, &Docker::tls_verify>("docker-tls-verify",
                                                    "Check the certificate of the engine."),
    text<&Settings::docker, &Docker::cert_path>("docker-cert-path", "directory",
                                                "ca.pem, cert.pem and key.pem for the engine.",
                                                {Variable{"DOCKER_CERT_PATH"}}),
    Property{"discovery",
             "off, swarm, docker",
             "Additional source of services and instances: the services of a Docker swarm, or the containers "
             "of one engine. Their com.df labels are followed; their replicas are the instances.",
             set_discovery,
             get_discovery,
             {Variable{"MODE", set_mode}}},
    text<&Settings::docker, &Docker::network>("docker-network", "name",
                                              "Network used to reach instances unless a label or parameter "
                                              "names one. Default: one that the proxy shares with them."),
    duration<&Settings::docker, &Docker::poll>(
        "docker-poll",
        "Polling interval for Swarm tasks (Swarm emits no task events); shorter while tasks change."),
    text<&Settings::docker, &Docker::notify_label>("docker-notify-label", "name",
                                                   "Label that requests routing (with the value true).",
                                                   {Variable{"DF_NOTIFY_LABEL"}}),
    boolean<&Settings::docker, &Docker::filter_instance>(
        "filter-proxy-instance-name",
        "Ignore services whose label com.df.proxyInstanceName differs from instance-name.",
        {"FILTER_PROXY_INSTANCE_NAME"}),
    text<&Settings::docker, &Docker::registrator>(
        "registrator", "auto, on, off, or options as of the command registrator",
        "Register the engine's containers in the registry. auto: if docker is set and discovery is off."),
    text<&Settings::state_dir>(
        "state-dir", "directory",
        "Directory for data that must survive a restart: the last known routes, the embedded registry."),
    text<&Settings::run_dir>("run-dir", "directory", "Sockets and HAProxy's configuration."),
    text<&Settings::templates_dir>("templates-dir", "directory",
                                   "Directory of the templates for consulTemplatePath and related "
                                   "parameters, and of the files that templates can read."),
    Property{"template-env", "names of environment variables, separated by commas",
             "Environment variables that templates can read with env.",
             set_names<kVariableMarks, &Settings::templates, &Templates::environment_names>,
             get_names<&Settings::templates, &Templates::environment_names>},
    Property{"template-allow",
             "names as in the error messages, separated by commas: crt, map, http-errors, ...",
             "Blocked directives that templates can use nevertheless; they are blocked because they read "
             "files, run programs or affect other services.",
             set_names<kKeywordMarks, &Settings::templates, &Templates::allowed>,
             get_names<&Settings::templates, &Templates::allowed>},
    Property{"template-check", "confined, unconfined",
             "What to do if the check of a template cannot be isolated from network and files (kernel or "
             "container without seccomp and Landlock). confined: reject the template; unconfined: check it "
             "anyway.",
             set_template_check, get_template_check},
    duration<&Settings::watch, &Watch::quiet>(
        "watch-quiet", "With watch=true: how long the registry must be quiet before a change is applied."),
    duration<&Settings::watch, &Watch::most>(
        "watch-most", "With watch=true: upper bound between the first change and its application."),
    text<&Settings::certs_dir>("certs-dir", "directory", "Certificates with their keys (PEM) for HTTPS."),
    Property{"instance-name",
             "1 to 128 letters, digits, '.', '_', '-'",
             "Prefix of the keys in the registry. Proxies with the same name serve the same routes.",
             set_instance_name,
             get_text<&Settings::instance_name>,
             {Variable{"PROXY_INSTANCE_NAME"}}},
    text<&Settings::haproxy>("haproxy", "file", "The HAProxy program, 2.6 or newer."),
    Property{"log-level", "debug, info, warn, error", "Minimum severity of logged events.", set_log_level,
             get_log_level},
    Property{"log-format", "text, json", "Format of log lines on standard error.", set_log_format,
             get_log_format},
    Property{"max-connections", "number, 10 to 1000000",
             "Maximum number of concurrent connections to the public ports.",
             set_number<10, 1'000'000, &Settings::max_connections>, get_number<&Settings::max_connections>},
    Property{
        "max-connections-per-service", "percent of max-connections, 1 to 100",
        "Maximum number of concurrent requests per service; more get 503. Once that many connections are in "
        "use by all, a service may hold three (at 75 %) for each one that is free. Keeps services that hang "
        "from using up all connections.",
        set_number<1, 100, &Settings::clients, &Clients::connection_share>,
        get_number<&Settings::clients, &Clients::connection_share>},
    Property{
        "max-connections-per-client", "percent of max-connections, 1 to 100",
        "Maximum number of connections to the public ports per client address (IPv4, or IPv6 /64); more are "
        "closed at once. Not for trusted-proxies. 100: no limit, for networks that hide the addresses of "
        "clients (Swarm's routing mesh, a load balancer).",
        set_number<1, 100, &Settings::clients, &Clients::address_share>,
        get_number<&Settings::clients, &Clients::address_share>},
    Property{"trusted-proxies", "IP addresses and networks (10.0.0.0/8), separated by commas",
             "Proxies in front of this one. Their X-Forwarded-*, X-Real-IP and Forwarded are passed on; "
             "those of other clients are dropped.",
             set_networks<&Settings::clients, &Clients::trusted_proxies>,
             get_names<&Settings::clients, &Clients::trusted_proxies>},
    boolean<&Settings::clients, &Clients::merge_slashes>(
        "merge-slashes", "Merge consecutive slashes in paths, for routes and instances."),
    boolean<&Settings::clients, &Clients::cleartext_http2>(
        "cleartext-http2", "Accept HTTP/2 without TLS (by prior knowledge) on the HTTP port."),
    duration<&Settings::hard_stop_after>(
        "hard-stop-after",
        "Time after a reload at which an old HAProxy worker that still has connections is stopped."),
    duration<&Settings::reload_timeout>("reload-timeout",
                                        "Time limit for a new HAProxy worker to confirm its configuration; "
                                        "after it, the change is rejected."),
    duration<&Settings::shrink_hold>(
        "shrink-hold", "How long to keep serving services that the registry has lost but nobody removed."),
    boolean<&Settings::accept_empty_registry>(
        "accept-empty-registry",
        "For one start: serve only what the registry has, even if it is empty or has lost most services."),
    duration<&Settings::request_timeout>(
        "request-timeout", "Time limit for one reconfigure or remove, including the time in the queue."),
    duration<&Settings::timeouts, &Timeouts::connect>(
        "timeout-connect", "HAProxy `timeout connect`: connecting to an instance.", {"TIMEOUT_CONNECT"}),
    duration<&Settings::timeouts, &Timeouts::client>(
        "timeout-client", "HAProxy `timeout client`: maximum client inactivity.", {"TIMEOUT_CLIENT"}),
    duration<&Settings::timeouts, &Timeouts::server>(
        "timeout-server", "HAProxy `timeout server`: maximum instance inactivity.", {"TIMEOUT_SERVER"}),
    duration<&Settings::timeouts, &Timeouts::queue>(
        "timeout-queue", "HAProxy `timeout queue`: waiting for a free connection.", {"TIMEOUT_QUEUE"}),
    duration<&Settings::timeouts, &Timeouts::tunnel>(
        "timeout-tunnel", "HAProxy `timeout tunnel`: maximum inactivity of a tunnel (WebSocket).",
        {"TIMEOUT_TUNNEL"}),
    duration<&Settings::timeouts, &Timeouts::http_request>(
        "timeout-http-request", "HAProxy `timeout http-request`: receiving the request headers.",
        {"TIMEOUT_HTTP_REQUEST"}),
    duration<&Settings::timeouts, &Timeouts::http_keep_alive>(
        "timeout-http-keep-alive", "HAProxy `timeout http-keep-alive`: between two requests on a connection.",
        {"TIMEOUT_HTTP_KEEP_ALIVE"}),
    Property{"health", "haproxy, registry",
             "Where instance health comes from. haproxy: HAProxy's own checks; registry: the registry's "
             "checks, and HAProxy makes none. If all instances of a service are unhealthy, all are used.",
             set_health, get_health},
    duration<&Settings::checks, &Checks::interval>(
        "check-interval",
        "Interval between health checks of an instance; a quarter of it while the result is changing."),
    Property{"check-rise", "number, 1 to 100", "Consecutive passed checks before an instance is used again.",
             set_number<1, 100, &Settings::checks, &Checks::rise>,
             get_number<&Settings::checks, &Checks::rise>},
    Property{"check-fall", "number, 1 to 100", "Consecutive failed checks before an instance is taken out.",
             set_number<1, 100, &Settings::checks, &Checks::fall>,
             get_number<&Settings::checks, &Checks::fall>},
    text<&Settings::stats, &Stats::user>("stats-user", "text",
                                         "User of HAProxy's statistics page. The page is disabled without "
                                         "user and password; if both are \"none\", it is open to everyone.",
                                         {Variable{"STATS_USER", nullptr, true}}),
    secret<&Settings::stats, &Stats::password>("stats-password", "text", "Password of the statistics page.",
                                               {Variable{"STATS_PASS", nullptr, true}}),
    Property{"stats-uri",
             "path",
             "Where the statistics page is.",
             set_stats_uri,
             get_text<&Settings::stats, &Stats::uri>,
             {Variable{"STATS_URI", nullptr, true}}},
    Property{"stats-port",
             "number, 0 to 65535",
             "A port of its own for the statistics page; 0: the public HTTP port.",
             set_number<0, 65535, &Settings::stats, &Stats::port>,
             get_number<&Settings::stats, &Stats::port>,
             {Variable{"STATS_PORT", nullptr, true}}},
    Property{"consul-address",
             "HOST:PORT, http://..., https://..., unix:///path; several separated by commas",
             "Consul servers to use if registry is just \"consul\". Does not select Consul by itself.",
             set_consul_address,
             get_text<&Settings::consul, &ConsulAccess::address>,
             {Variable{"CONSUL_HTTP_ADDR"}}},
    secret<&Settings::consul, &ConsulAccess::token>("consul-token", "text", "ACL token for Consul.",
                                                    {Variable{"CONSUL_HTTP_TOKEN"}}),
    text<&Settings::consul, &ConsulAccess::token_file>(
        "consul-token-file", "file", "File with the ACL token; takes precedence over consul-token.",
        {Variable{"CONSUL_HTTP_TOKEN_FILE"}}),
    secret<&Settings::consul, &ConsulAccess::auth>(
        "consul-auth", "USER:PASSWORD", "Basic authentication at Consul.", {Variable{"CONSUL_HTTP_AUTH"}}),
    boolean<&Settings::consul, &ConsulAccess::tls>(
        "consul-ssl", "Use HTTPS for Consul regardless of the URL scheme.", {"CONSUL_HTTP_SSL"}),
    boolean<&Settings::consul, &ConsulAccess::verify>("consul-ssl-verify", "Check the certificate of Consul.",
                                                      {"CONSUL_HTTP_SSL_VERIFY"}),
    text<&Settings::consul, &ConsulAccess::ca_file>(
        "consul-ca-file", "file", "CA certificates (PEM) for verifying Consul's certificate.",
        {Variable{"CONSUL_CACERT"}}),
    text<&Settings::consul, &ConsulAccess::ca_path>(
        "consul-ca-path", "directory",
        "Directory of CA certificates (PEM) for verifying Consul's certificate.",
        {Variable{"CONSUL_CAPATH"}}),
    text<&Settings::consul, &ConsulAccess::cert_file>(
        "consul-cert-file", "file", "Client certificate (PEM) for Consul.", {Variable{"CONSUL_CLIENT_CERT"}}),
    text<&Settings::consul, &ConsulAccess::key_file>("consul-key-file", "file", "Its key (PEM).",
                                                     {Variable{"CONSUL_CLIENT_KEY"}}),
    text<&Settings::consul, &ConsulAccess::server_name>("consul-server-name", "host name",
                                                        "Name in Consul's "
                                                        "certificate, if not the host's.",
                                                        {Variable{"CONSUL_TLS_SERVER_NAME"}}),
    text<&Settings::consul, &ConsulAccess::name_space>(
        "consul-namespace", "text", "Namespace of Consul Enterprise.", {Variable{"CONSUL_NAMESPACE"}}),
};

}  // namespace

std::string Property::variable() const {
  std::string name = "DFP_";
  for (char c : key) name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

std::span<const Property> properties() { return kProperties; }

const Property* find_property(std::string_view key) {
  auto at = std::ranges::find(kProperties, key, &Property::key);
  return at == kProperties.end() ? nullptr : &*at;
}

std::string shown_value(const Property& property, const Settings& settings) {
  auto value = property.get(settings);
  return property.secret && !value.empty() ? "(set)" : value;
}

}  // namespace dfp::settings
