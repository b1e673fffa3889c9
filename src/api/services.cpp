// What is configured and what is in force: services and config.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <set>

#include "api/api.hpp"
#include "api/json.hpp"
#include "base/nearest.hpp"

namespace dfp::api {
namespace json = boost::json;
namespace {

/// For all reads of the registry that one answer needs.
constexpr auto kCatalogTime = std::chrono::seconds(5);
constexpr auto kLiveTime = std::chrono::seconds(5);

json::array instances_json(const std::vector<model::Instance>& instances) {
  json::array array;
  for (const auto& instance : instances) array.push_back(instance_json(instance));
  return array;
}

json::array text_array(const std::vector<std::string>& texts) {
  json::array array;
  for (const auto& text : texts) array.emplace_back(text);
  return array;
}

/// With what is made of host names.
json::array used_instances_json(const model::Service& service, const reconcile::ProxyDriver& driver) {
  json::array array;
  for (const auto& instance : service.instances) {
    auto object = instance_json(instance);
    if (auto name = driver.name_state(instance)) {
      object["UsedAddress"] = name->address;
      object["NameProblem"] = name->problem;
    }
    array.push_back(std::move(object));
  }
  return array;
}

/// Servers as HAProxy sees them, and how many of them get requests.
void add_health(const std::vector<reconcile::ProxyDriver::ServerHealth>& servers, json::object& service) {
  json::array list;
  std::size_t up = 0;
  for (const auto& server : servers) {
    up += server.is_up();
    list.push_back({{"Destination", server.destination},
                    {"Address", server.address},
                    {"Port", server.port},
                    {"State", server.state},
                    {"Seconds", server.since.count()},
                    {"Check", server.check},
                    {"Text", server.text}});
  }
  service["Up"] = up;
  service["Servers"] = std::move(list);
}

json::object service_json(const model::Service& service, const reconcile::ProxyDriver& driver) {
  auto object = definition_json(service.definition);
  object["Revision"] = service.revision;
  object["ChangedAt"] = service.changed_at;
  object["ChangedBy"] = service.changed_by;
  object["Instances"] = used_instances_json(service, driver);
  object["Unhealthy"] = text_array(driver.unhealthy(service.definition.service));
  if (!service.template_hash.empty()) object["TemplateHash"] = service.template_hash;
  return object;
}

/// Reads of the registry for one answer: after the first failure no more are tried.
class CatalogReads {
 public:
  CatalogReads(registry::Catalog& catalog, bool wanted)
      : catalog_(catalog), deadline_(Deadline::after(kCatalogTime)), failed_(!wanted) {}

  /// null when not wanted or not possible.
  Task<json::value> instances(model::Definition definition) {
    if (failed_) co_return nullptr;
    auto found =
        co_await catalog_.instances_for(std::move(definition), registry::Freshness::Recent, deadline_);
    if (!found && found.error().code == Errc::InvalidArgument) {  // of this service only
      error = found.error().what;
      co_return nullptr;
    }
    if (!found) co_return note(found.error());
    co_return instances_json(*found);
  }

  Task<json::value> names_besides(std::set<std::string> used) {
    if (failed_) co_return nullptr;
    auto names = co_await catalog_.services(deadline_);
    if (!names) co_return note(names.error());
    json::array others;
    for (const auto& name : *names)
      if (!used.contains(name)) others.emplace_back(name);
    co_return others;
  }

  std::string error;

 private:
  json::value note(const Error& cause) {
    failed_ = true;
    error = cause.what;
    return nullptr;
  }

  registry::Catalog& catalog_;
  Deadline deadline_;
  bool failed_;
};

json::object reasons_json(const std::map<std::string, std::string>& reasons, const std::string& only) {
  json::object object;
  for (const auto& [name, reason] : reasons)
    if (only.empty() || name == only) object[name] = reason;
  return object;
}

}  // namespace

std::string Api::nearest_service(std::string_view name) const {
  std::vector<std::string_view> known;
  for (const auto& [configured, service] : parts_.reconciler.state().services) known.push_back(configured);
  return text::suggestion(name, known);
}

Task<Answer> Api::services(Call call) {
  auto values = parameters::read_values(call.query, call.endpoint.parameters);
  if (!values) co_return failure(values.error());
  auto only = values->text("serviceName");
  if (auto ok = model::check_service_name(only); !only.empty() && !ok) co_return failure(ok.error());
  // A copy: the state may change while the registry is asked.
  std::vector<model::Service> chosen;
  std::set<std::string> registered_names;
  for (const auto& [name, service] : parts_.reconciler.state().services) {
    registered_names.insert(service.definition.registered_name());
    if (only.empty() || name == only) chosen.push_back(service);
  }
  auto set_aside = reasons_json(parts_.reconciler.set_aside(), only);
  bool has_problem = parts_.discovery && parts_.discovery->problems().contains(only);
  if (!only.empty() && chosen.empty() && set_aside.empty() && !has_problem)
    co_return failure(
        {Errc::NotFound, fmt::format("service {} is not configured{}", only, nearest_service(only))});

  bool wants_health = !values->has("health") || values->flag("health");
  std::set<std::string> checked;
  for (const auto& service : chosen)
    if (wants_health && !service.definition.has_template()) checked.insert(service.definition.service);
  reconcile::ProxyDriver::Health health;
  std::string health_error;
  if (!checked.empty()) {
    auto asked = co_await parts_.reconciler.driver().health(checked, Deadline::after(kLiveTime));
    if (asked)
      health = std::move(*asked);
    else
      health_error = asked.error().what;
  }
  CatalogReads catalog(parts_.catalog, !values->has("catalog") || values->flag("catalog"));
  json::array list;
  for (const auto& service : chosen) {
    auto object = service_json(service, parts_.reconciler.driver());
    auto registered = co_await catalog.instances(service.definition);
    object["Registered"] = std::move(registered);
    const auto& name = service.definition.service;
    if (checked.contains(name) && health_error.empty()) add_health(health[name], object);
    list.push_back(std::move(object));
  }
  Answer answer;
  answer.more["Synchronised"] = parts_.reconciler.synchronised();
  if (parts_.open)
    answer.more["Warning"] =
        "anyone who can reach this API can change everything (--api-open); give it a token";
  answer.more["Services"] = std::move(list);
  answer.more["Quarantined"] = std::move(set_aside);
  answer.more["Kept"] = reasons_json(parts_.reconciler.kept(), only);
  answer.more["Withdrawn"] = reasons_json(parts_.reconciler.withdrawn(), only);
  answer.more["NotRefreshed"] = reasons_json(parts_.reconciler.not_refreshed(), only);
  answer.more["WatchProblems"] = reasons_json(parts_.reconciler.watch_problems(), only);
  if (only.empty()) {
    auto others = co_await catalog.names_besides(std::move(registered_names));
    answer.more["NotRouted"] = std::move(others);
  }
  answer.more["CatalogError"] = catalog.error;
  answer.more["HealthError"] = health_error;
  if (values->flag("live")) {
    auto differences = co_await parts_.reconciler.differences(Deadline::after(kLiveTime));
    answer.more["Differences"] = differences ? json::value(text_array(*differences)) : nullptr;
    answer.more["LiveError"] = differences ? "" : differences.error().what;
  }
  answer.more["TemplateCheck"] = parts_.reconciler.driver().template_check();
  if (parts_.discovery) {
    answer.more["LabelProblems"] = reasons_json(parts_.discovery->problems(), only);
    answer.more["DiscoveryError"] = parts_.discovery->error();
  }
  co_return answer;
}

net::HttpResponse Api::listener(const Call& call) const {
  auto answer = parts_.discovery ? parts_.discovery->answer(call.endpoint.path) : std::nullopt;
  if (answer) return std::move(*answer);
  return render(
      failure({Errc::NotFound, "label discovery is off: start the server with --discovery swarm or docker"}));
}

net::HttpResponse Api::config(const Call& call) const {
  auto values = parameters::read_values(call.query, call.endpoint.parameters);
  if (!values) return render(failure(values.error()));
  auto type = values->text("type");
  if (type.empty() || type == "text")
    return {200, parts_.reconciler.driver().config(), {{"Content-Type", "text/plain; charset=utf-8"}}};
  if (type != "json")
    return render(
        failure({Errc::InvalidArgument, fmt::format("type: \"{}\" is not one of text, json", type)}));
  json::object definitions;
  for (const auto& [name, service] : parts_.reconciler.state().services)
    definitions[name] = definition_json(service.definition);
  return {200, render_json(definitions), {{"Content-Type", "application/json"}}};
}

}  // namespace dfp::api
