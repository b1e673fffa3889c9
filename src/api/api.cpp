#include "api/api.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "api/json.hpp"
#include "base/log.hpp"
#include "net/admission.hpp"
#include "parameters/table.hpp"

namespace dfp::api {
namespace json = boost::json;
namespace {

json::object parameter_json(const parameters::ParameterInfo& info) {
  return {{"Name", info.name},
          {"Type", parameters::to_string(info.type)},
          {"Default", info.fallback},
          {"Allowed", info.allowed},
          {"Meaning", info.meaning}};
}

json::object endpoint_json(const Endpoint& endpoint) {
  json::array parameters, methods;
  for (auto method : allowed_methods(endpoint)) methods.emplace_back(method);
  for (const auto& info : endpoint.parameters) parameters.push_back(parameter_json(info));
  return {{"Path", endpoint.path},
          {"Summary", endpoint.summary},
          {"Methods", std::move(methods)},
          {"Changes", endpoint.changes},
          {"Scope", to_string(endpoint.scope)},
          {"Parameters", std::move(parameters)},
          {"Success", endpoint.success},
          {"Failures", endpoint.failures}};
}

Answer help() {
  Answer answer;
  json::array list;
  for (const auto& endpoint : endpoints()) list.push_back(endpoint_json(endpoint));
  answer.more["Version"] = DFP_VERSION;
  answer.more["Endpoints"] = std::move(list);
  return answer;
}

Answer unknown_path(std::string_view path) {
  Answer answer{.status = 404, .message = fmt::format("no such path: {}; see /v1/docker-flow-proxy/", path)};
  json::array list;
  for (const auto& endpoint : endpoints()) list.emplace_back(endpoint.path);
  answer.more["Endpoints"] = std::move(list);
  return answer;
}

/// What can be read of a refused request, for the echo in its answer.
model::Definition readable_part(const net::QueryPairs& query) {
  model::Definition definition;
  for (const auto& [name, text] : query) {
    auto* parameter = parameters::find_parameter(name);
    if (!parameter || text.empty()) continue;
    auto value = parameters::read_value(parameter->info, text);
    if (value) std::ignore = parameter->set(definition, *value);
  }
  return definition;
}

json::array plan_json(const model::Plan& plan) {
  json::array steps;
  for (const auto& step : plan.steps)
    steps.push_back({{"What", model::render_step(step)},
                     {"Means", model::to_string(step.means)},
                     {"Reason", step.reason},
                     {"Kind", model::kind_name(step)},
                     {"Service", step.of.service},
                     {"Destination", step.of.index}});
  return steps;
}

/// Instances that get no requests because their host name has no address that may be used.
std::string unresolved_message(const model::Service& service, const reconcile::ProxyDriver& driver) {
  std::vector<std::string> unknown;
  for (const auto& instance : service.instances)
    if (auto name = driver.name_state(instance); name && name->address.empty())
      unknown.push_back(fmt::format("{} at {} ({})", instance.id, instance.address, name->problem));
  if (unknown.empty()) return {};
  return fmt::format(
      "{} of {} instances receive no requests because they have no usable address (host names are resolved "
      "again every 10 s): {}",
      unknown.size(), service.instances.size(), fmt::join(unknown, ", "));
}

std::string reconfigure_message(const model::Service& service, const reconcile::ProxyDriver& driver) {
  const auto& definition = service.definition;
  if (auto unresolved = unresolved_message(service, driver); !unresolved.empty()) return unresolved;
  if (!service.instances.empty() || definition.has_template()) return {};
  return fmt::format("{} has no instance in the registry: its routes answer 503 until some are registered{}",
                     definition.registered_name(),
                     definition.watch ? "" : " and reconfigure is called again");
}

/// "api 127.0.0.1": who asked, without the client's port.
reconcile::Origin origin(std::string_view peer) {
  return reconcile::Origin::api("api " + std::string(peer.substr(0, peer.rfind(':'))));
}

void append_outcome(json::object& more, const reconcile::Outcome& outcome) {
  more["AppliedBy"] = model::to_string(outcome.plan.means());
  more["Reason"] = outcome.plan.reason();
  more["Revision"] = outcome.service.revision;
  more["Instances"] = outcome.service.instances.size();
}

}  // namespace

Task<net::HttpResponse> Api::handle(net::HttpRequest request) {
  auto began = Clock::now();
  auto target = net::parse_target(request.target);
  if (!target) co_return render(failure(target.error()));
  if (auto refused = access_.check_sender(request)) co_return std::move(*refused);
  auto* endpoint = find_endpoint(target->path);
  if (!endpoint) co_return render(unknown_path(target->path));
  if (auto refused = access_.check(request, *endpoint, target->query)) co_return std::move(*refused);
  auto response = co_await answer(std::move(request), endpoint, std::move(target->query));
  // Without the query: later parameters may hold secrets.
  auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
  log::debug("api.request",
             {{"path", std::string(endpoint->path)}, {"status", response.status}, {"took_ms", took.count()}});
  co_return response;
}

std::optional<net::HttpResponse> Api::when_crowded(const net::HttpRequest& request) {
  auto target = net::parse_target(request.target);
  auto* endpoint = target ? find_endpoint(target->path) : nullptr;
  if (endpoint && is_health(endpoint->action)) return std::nullopt;
  return render(
      failure({Errc::Unavailable, "too many requests are under way; nothing was changed, try again later"}));
}

/// Of a request that was let through.
Task<net::HttpResponse> Api::answer(net::HttpRequest request, const Endpoint* endpoint,
                                    net::QueryPairs query) {
  bool health = is_health(endpoint->action);
  if (auto ready = parts_.reconciler.ready(); !ready && !health) co_return render(failure(ready.error()));
  // Nobody gets to see the body: it is not made.
  if (request.method == "HEAD" && !health) co_return net::HttpResponse(200);
  auto limits = access_.limits_of(request);
  Call call{*endpoint, std::move(query), std::move(request.peer), std::move(request.left),
            std::move(request.has_left)};
  call.limits = std::move(limits);
  FairTurns::Turn turn;
  if (!health && !endpoint->changes) {
    auto taken = co_await reading_.take(net::peer_key(call.peer));
    turn = std::move(taken);
    if (call.left.stop_requested())
      co_return render(failure({Errc::Cancelled, "the client has disconnected"}));
  }
  auto response = co_await dispatch(std::move(call));
  co_return response;
}

Task<net::HttpResponse> Api::dispatch(Call call) {
  Answer answer;
  switch (call.endpoint.action) {
    case Action::Reconfigure:
      answer = co_await reconfigure(std::move(call));
      break;
    case Action::Remove:
      answer = co_await remove(std::move(call));
      break;
    case Action::Services:
      answer = co_await services(std::move(call));
      break;
    case Action::Register:
      answer = co_await register_instance(std::move(call));
      break;
    case Action::Deregister:
      answer = co_await deregister_instance(std::move(call));
      break;
    case Action::Config:
      co_return config(call);
    case Action::Reload:
      answer = co_await reload(std::move(call));
      break;
    case Action::Metrics:
      co_return metrics();
    case Action::Listener:
      co_return listener(call);
    case Action::InitialReload:
      answer = initial_reload();
      break;
    case Action::Help:
      answer = help();
      break;
    case Action::Test:
      answer.message = call.endpoint.path == "/v2/test" ? "Test v2" : "Test v1";
      break;
    case Action::Ping:
      break;
  }
  co_return render(answer);
}

/// With what is looked up when it is asked for.
net::HttpResponse Api::metrics() const {
  auto& registry = parts_.metrics;
  const auto& reconciler = parts_.reconciler;
  auto set = [&](std::string_view name, std::string_view help, std::size_t value) {
    registry.gauge(name, help).set(static_cast<double>(value));
  };
  registry.gauge("dfp_build_info", "1; the label says which build this is.", {{"version", DFP_VERSION}})
      .set(1);
  set("dfp_registry_up", "Whether the registry answered when it was asked last.",
      !reconciler.registry_away());
  set("dfp_registry_synchronised", "Whether what is served agrees with the registry.",
      reconciler.synchronised());
  set("dfp_services_quarantined", "Stored services that cannot be served as they are stored.",
      reconciler.set_aside().size());
  return {200, registry.render(), {{"Content-Type", "text/plain; version=0.0.4"}}};
}

Task<Answer> Api::reconfigure(Call call) {
  auto request = parameters::decode_reconfigure(call.query);
  if (!request) co_return failure(request.error(), readable_part(call.query));
  auto definition = request->definition;
  bool dry_run = request->options.dry_run;
  reconcile::ReconfigureOptions options;
  if (request->options.wait_for_healthy) options.healthy_within = request->options.wait_timeout;
  Result<reconcile::Outcome> outcome;
  if (dry_run)
    outcome = co_await parts_.reconciler.preview(definition, call.context());
  else
    outcome = co_await parts_.reconciler.reconfigure(definition, origin(call.peer), options, call.context());
  if (!outcome) co_return failure(outcome.error(), std::move(definition));

  Answer answer{.message = reconfigure_message(outcome->service, parts_.reconciler.driver()),
                .definition = std::move(definition)};
  append_younger_keys(answer.more, answer.definition);
  append_outcome(answer.more, *outcome);
  if (dry_run) {
    answer.more["DryRun"] = true;
    answer.more["Plan"] = plan_json(outcome->plan);
  }
  co_return answer;
}

Task<Answer> Api::remove(Call call) {
  Answer answer;
  auto values = parameters::read_values(call.query, call.endpoint.parameters);
  if (!values) co_return failure(values.error(), readable_part(call.query));
  answer.definition.service = values->text("serviceName");
  if (answer.definition.service.empty())
    co_return failure({Errc::InvalidArgument, "The following queries are mandatory: serviceName"});
  auto outcome =
      co_await parts_.reconciler.remove(answer.definition.service, origin(call.peer), call.context());
  if (!outcome) co_return failure(outcome.error(), std::move(answer.definition));
  if (!outcome->existed)
    answer.message = fmt::format("service {} was not configured{}", answer.definition.service,
                                 nearest_service(answer.definition.service));
  answer.more["AppliedBy"] = model::to_string(outcome->plan.means());
  answer.more["Reason"] = outcome->plan.reason();
  co_return answer;
}

Task<Answer> Api::reload(Call call) {
  auto values = parameters::read_values(call.query, call.endpoint.parameters);
  if (!values) co_return failure(values.error());
  auto reloaded = co_await parts_.reconciler.reload(values->flag("recreate"), call.context());
  if (!reloaded) co_return failure(reloaded.error());
  co_return Answer{};
}

Answer Api::initial_reload() const {
  if (auto trouble = parts_.reconciler.driver().trouble(); trouble)
    return {.status = 500, .message = std::move(*trouble), .definition = {}, .more = {}};
  if (parts_.reconciler.synchronised()) return {};
  return {.status = 500,
          .message = "not yet synchronised with the registry; the last known routes are served",
          .definition = {},
          .more = {}};
}

}  // namespace dfp::api
