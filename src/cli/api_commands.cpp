#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <memory>

#include "api/endpoints.hpp"
#include "base/parse.hpp"
#include "cli/api_access.hpp"
#include "cli/api_client.hpp"
#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/parameter_options.hpp"
#include "cli/print.hpp"
#include "cli/ready.hpp"
#include "cli/terminal.hpp"

namespace dfp::cli {
namespace {

constexpr auto kDefaultTimeoutText = "90s, and waitTimeout in addition with waitForHealthy";

struct Options {
  ParameterTexts parameters;
  ApiAccess access;
  std::string timeout;
  std::string wait;  ///< ping: how long to wait until the proxy is ready; empty: not at all
  bool json = false;
  bool wide = false;   ///< services: everything of each
  bool check = false;  ///< services: whether each has a server up
};

int usage_error(const Error& error) {
  fmt::print(stderr, "docker-flow-proxy: {}\n", error.what);
  return kUsage;
}

/// The answer as an object; nullopt when it is something else than the API's JSON.
std::optional<boost::json::object> parse_answer(const net::HttpResponse& response) {
  auto type = response.headers.find("Content-Type");
  if (!type || !type->starts_with("application/json")) return std::nullopt;
  boost::system::error_code error;
  auto value = boost::json::parse(response.body, error);
  if (error || !value.is_object()) return std::nullopt;
  bool is_ours = value.get_object().contains("Status") && value.get_object().contains("Message");
  if (!is_ours) return std::nullopt;
  return std::move(value.get_object());
}

std::string_view message_of(const boost::json::object& answer) {
  const auto& message = answer.at("Message");
  return message.is_string() ? std::string_view(message.get_string()) : "no reason was given";
}

bool has_switch(const net::QueryPairs& query, std::string_view name) {
  return std::ranges::any_of(query, [&](const auto& pair) {
    return pair.first == name && parse::boolean(pair.second).value_or(false);
  });
}

Result<std::chrono::milliseconds> limit_of(const api::Endpoint& endpoint, const Options& options) {
  if (options.timeout.empty()) return default_limit(endpoint.action, query_of(endpoint, options.parameters));
  return parse::duration(options.timeout, std::chrono::milliseconds(1), std::chrono::hours(24));
}

/// Zero where nobody is to be waited for.
Result<std::chrono::milliseconds> wait_of(const Options& options) {
  if (options.wait.empty()) return std::chrono::milliseconds(0);
  auto wait = parse::duration(options.wait, std::chrono::milliseconds(1), std::chrono::hours(24));
  if (!wait) return fail("--wait", wait.error());
  return wait;
}

/// @param why what came in place of the API's answer to a request that may have been carried out
int print_unknown(std::string_view why) {
  fmt::print(stderr,
             "docker-flow-proxy: outcome unknown: the request was sent, but {}\nCheck with docker-flow-proxy "
             "services; repeating the request is safe.\n",
             why);
  return kUnknown;
}

int print_refusal(const api::Endpoint& endpoint, const net::HttpResponse& response,
                  const boost::json::object& answer, bool json) {
  constexpr unsigned kGatewayTimeout = 504;  // RFC 9110, section 15.6.5
  if (json) fmt::print("{}\n", response.body);
  if (response.status == kGatewayTimeout && endpoint.changes)
    return print_unknown(fmt::format("the registry did not answer the proxy (504): {}", message_of(answer)));
  auto what = endpoint.action == api::Action::Ping ? "not ready" : "rejected";
  fmt::print(stderr, "{} ({}): {}\n", what, response.status, message_of(answer));
  return kFailed;
}

int print_no_answer(const api::Endpoint& endpoint, const NoAnswer& none) {
  if (none.sent && endpoint.changes)
    return print_unknown(fmt::format("no answer arrived (--timeout): {}", none.error.what));
  fmt::print(stderr, "docker-flow-proxy: the API does not answer (--api, DFP_API): {}\n", none.error.what);
  return kNoAddress;
}

/// Something else answers: another server, or a gateway on behalf of the API, which may have taken the
/// request.
int print_foreign_answer(const api::Endpoint& endpoint, const net::HttpResponse& response,
                         std::string_view url) {
  if (endpoint.changes)
    return print_unknown(
        fmt::format("the answer ({}) is not of this proxy's API at {}: a gateway, or another server "
                    "(--api, DFP_API)",
                    response.status, url));
  fmt::print(stderr, "docker-flow-proxy: the server at {} is not a Docker Flow: Proxy API (--api, DFP_API)\n",
             url);
  return kNoAddress;
}

/// The status of `services --check`.
int check_servers(const boost::json::object& answer) {
  if (auto reason = why_health_is_unknown(answer); !reason.empty()) {
    fmt::print(stderr, "docker-flow-proxy: it is not known which servers are up: {}\n", reason);
    return kFailed;
  }
  auto down = services_without_server(answer);
  if (down.empty()) return kOk;
  fmt::print(stderr, "docker-flow-proxy: no server is up: {}\n", fmt::join(down, ", "));
  return kNoServerUp;
}

std::string service_of(const ApiCall& call) {
  for (const auto& [name, value] : call.query)
    if (name == "serviceName") return value;
  return {};
}

/// @return InvalidArgument, naming the option.
Result<ApiCall> prepare(const api::Endpoint& endpoint, const Options& options,
                        const settings::Texts& environment) {
  if (auto ok = check_required(endpoint, options.parameters); !ok) return std::unexpected(ok.error());
  auto api = parse_api_address(options.access.api.empty() ? find_api(environment) : options.access.api);
  if (!api) return fail("--api", api.error());
  auto timeout = limit_of(endpoint, options);
  if (!timeout) return fail("--timeout", timeout.error());
  auto token = find_token(options.access, environment);
  if (!token) return std::unexpected(token.error());
  Credentials credentials{std::move(*token), find_tls(options.access, environment)};
  return ApiCall{*api,     endpoint.path,          query_of(endpoint, options.parameters),
                 *timeout, std::move(credentials), endpoint.changes};
}

/// Says on a terminal what it waits for.
std::expected<net::HttpResponse, NoAnswer> ask(ApiCall call, std::chrono::milliseconds wait,
                                               const settings::Texts& environment) {
  bool for_health = has_switch(call.query, "waitForHealthy");
  Progress progress(for_health ? fmt::format("waiting until {} is healthy", service_of(call))
                               : fmt::format("waiting for the answer of {}", call.api.url()),
                    environment);
  call.waiting = [&] { progress.update(); };
  return wait.count() > 0 ? wait_until_ready(std::move(call), wait) : call_api(call);
}

int print_answer(const api::Endpoint& endpoint, const Options& options, const ApiCall& call,
                 const net::HttpResponse& response, Colors colors) {
  auto answer = parse_answer(response);
  bool is_text = endpoint.action == api::Action::Config && response.status == 200;
  if (!answer && !is_text) return print_foreign_answer(endpoint, response, call.api.url());
  if (response.status != 200) return print_refusal(endpoint, response, *answer, options.json);
  View view{options.wide || !service_of(call).empty(), colors};
  auto text = options.json || is_text ? response.body : render_answer(endpoint.action, *answer, view);
  fmt::print("{}{}", text, text.ends_with('\n') ? "" : "\n");
  return options.check ? check_servers(*answer) : kOk;
}

int run(const api::Endpoint& endpoint, const Options& options, const settings::Texts& environment) {
  auto call = prepare(endpoint, options, environment);
  if (!call) return usage_error(call.error());
  auto wait = wait_of(options);
  if (!wait) return usage_error(wait.error());
  auto response = ask(*call, *wait, environment);
  if (!response) return print_no_answer(endpoint, response.error());
  return print_answer(endpoint, options, *call, *response, colors_of_output(environment));
}

void add_services_options(CLI::App& command, Options& options) {
  command
      .add_flag("--wide", options.wide,
                "Print everything that is known of each service, as for a single one, and not a table.")
      ->excludes("--json");
  command
      .add_flag("--check", options.check, "End with status 9 if a service has no server that gets requests.")
      ->excludes("--health");
}

void add_ping_options(CLI::App& command, Options& options) {
  command
      .add_option("--wait", options.wait,
                  "Wait until the API answers and the proxy is ready to take requests, at most this long "
                  "(10s, 2m); otherwise end with status 3 or 1.")
      ->option_text("VALUE")
      ->excludes("--timeout");
}

void add_command(Program& program, const api::Endpoint& endpoint) {
  auto* command = program.app.add_subcommand(std::string(endpoint.command), std::string(endpoint.summary));
  auto options = std::make_shared<Options>();
  add_parameter_options(*command, endpoint, options->parameters);
  add_access_options(*command, options->access);
  command
      ->add_option("--timeout", options->timeout,
                   describe("How long to wait for the answer.", "", kDefaultTimeoutText))
      ->option_text("VALUE");
  command->add_flag("--json", options->json, "Print the answer as the API gave it.");
  if (endpoint.action == api::Action::Services) add_services_options(*command, *options);
  if (endpoint.action == api::Action::Ping) add_ping_options(*command, *options);
  command->footer(fmt::format("Example:\n  docker-flow-proxy {}{}{}", endpoint.command,
                              endpoint.example.empty() ? "" : " ", endpoint.example));
  command->callback([options, &program, &endpoint] {
    program.status = run(endpoint, *options, program.context.environment);
  });
}

}  // namespace

void add_api_commands(Program& program) {
  for (const auto& endpoint : api::endpoints())
    if (!endpoint.command.empty()) add_command(program, endpoint);
}

}  // namespace dfp::cli
