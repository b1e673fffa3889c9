#include "haproxy/state/found_services.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <set>
#include <unordered_map>

#include "base/log.hpp"
#include "haproxy/config/backend.hpp"
#include "haproxy/config/policy/policies.hpp"
#include "haproxy/config/route_read.hpp"
#include "haproxy/state/script.hpp"
#include "reconcile/proxy_driver.hpp"

namespace dfp::haproxy {
namespace json = boost::json;
namespace {

using Hosts = std::map<std::string, std::set<std::string>>;  ///< host -> its paths

/// What a value of a map says now: "before|after" amid a change. "" for nothing.
std::string present_half(std::string_view value, bool committed) {
  if (auto bar = value.find('|'); bar != value.npos)
    value = committed ? value.substr(bar + 1) : value.substr(0, bar);
  return value == "-" ? std::string() : std::string(value);
}

/// Every host with every path, as a definition has them. Where one host lacks a path (another service has
/// that very route, by aclName), the paths that all have in common; where there are none, those of the first
/// host.
void set_routes(const std::string& name, Hosts hosts, model::Destination& destination) {
  if (hosts.empty()) return;
  auto common = hosts.begin()->second;
  for (const auto& [host, paths] : hosts)
    std::erase_if(common, [&](const auto& path) { return !paths.contains(path); });
  bool whole = std::ranges::all_of(hosts, [&](const auto& entry) { return entry.second == common; });
  bool mixed =
      hosts.size() > 1 && hosts.contains("");  // any host beside single ones: no definition says that
  if (!whole || mixed) log::warn("haproxy.found_in_part", {{"service", name}});
  if (common.empty() || mixed) {
    hosts.erase(std::next(hosts.begin()), hosts.end());
    common = hosts.begin()->second;
  }
  destination.paths.assign(common.begin(), common.end());
  for (const auto& [host, paths] : hosts)
    if (!host.empty()) destination.domains.push_back(host);
}

using Instances = std::vector<model::Instance>;

/// The instances of all destinations. Where these do not have the same ones, a port tells them apart; which
/// one was asked for is not known, and any will do that no other has.
void add_instances(std::map<unsigned, Instances> instances, model::Service& service) {
  auto& definition = service.definition;
  bool same = std::ranges::all_of(
      instances, [&](const auto& entry) { return entry.second == instances.begin()->second; });
  std::set<std::uint16_t> taken;
  for (auto& [index, some] : instances) {
    if (same && index != model::kFirstDestination) continue;
    model::Destination& destination =
        index == model::kFirstDestination ? definition : definition.others.at(index);
    if (!same) {
      destination.port = some.empty() ? std::uint16_t{1} : some.front().port;
      while (!taken.insert(destination.port).second) ++destination.port;
    }
    for (auto& instance : some) {
      instance.service = definition.registered_name();
      instance.requested_port = destination.port;
      service.instances.push_back(std::move(instance));
    }
  }
  std::ranges::sort(service.instances, {}, [](const auto& i) { return std::tie(i.id, i.requested_port); });
}

class Reader {
 public:
  Reader(const LiveState& live, const FoundTemplates& templates)
      : live_(live), templates_(templates), committed_(live.flags.contains(kCommitted)) {
    for (const auto& row : live.servers) rows_[row.backend].push_back(&row);
  }

  model::DesiredState read() {
    collect_routes();
    std::map<std::string, std::map<unsigned, std::string>> backends;  // by service and destination
    for (const auto& entry : live_.backends) {
      auto backend = present_half(entry.value, committed_);
      auto name = model::parse_destination_key(entry.key);
      if (backend.empty() || !name || !model::check_service_name(name->service)) continue;
      backends[name->service].emplace(name->index, std::move(backend));
    }
    model::DesiredState state;
    for (const auto& [name, of_service] : backends) {
      auto service = read_service(name, of_service);
      // One without a route of its own cannot be said as a definition, and gets no request.
      if (!model::validate(service.definition)) continue;
      state.services.emplace(name, std::move(service));
    }
    return state;
  }

 private:
  void collect_routes() {
    for (const auto& entry : live_.routes)
      if (auto route = config::read_route_key(entry.key)) add(*route, entry.value);
    for (const auto& entry : live_.patterns)
      if (auto route = config::read_pattern_key(entry.key, committed_)) add(*route, entry.value);
  }
  void add(const model::Route& route, const std::string& value) {
    auto service = present_half(value, committed_);
    if (!service.empty()) routes_[service][route.type][route.host].insert(route.path);
  }

  model::Service read_service(const std::string& name,
                              const std::map<unsigned, std::string>& backends) const {
    model::Service service;
    if (auto known = templates_.find(name); known != templates_.end()) service = known->second;
    auto& definition = service.definition;
    definition.service = name;
    std::map<unsigned, Instances> instances;
    for (const auto& [index, backend] : backends) {
      bool first = index == model::kFirstDestination;
      model::Destination& destination = first ? definition : definition.others[index];
      if (definition.color.empty()) definition.color = config::color_in(backend);
      if (!definition.has_template()) read_routes(name, index, destination);
      instances.emplace(index, read_instances(backend, destination));
      destination.strip_path = has_policy(config::kStripMap, backend);
    }
    add_instances(std::move(instances), service);
    service.changed_by = reconcile::kFoundAuthor;
    return service;
  }

  void read_routes(const std::string& name, unsigned index, model::Destination& destination) const {
    auto found = routes_.find(model::destination_key(name, index));
    if (found == routes_.end()) return;
    if (found->second.size() > 1) log::warn("haproxy.found_in_part", {{"service", name}});
    auto& [type, hosts] = *found->second.begin();
    destination.path_type = type;
    set_routes(name, hosts, destination);
  }

  bool has_policy(std::string_view map, const std::string& backend) const {
    auto entries = live_.policies.find(map);
    return entries != live_.policies.end() &&
           std::ranges::any_of(entries->second, [start = backend + "/"](const auto& entry) {
             return entry.key.starts_with(start);
           });
  }

  Instances read_instances(const std::string& backend, model::Destination& destination) const {
    Instances instances;
    auto rows = rows_.find(backend);
    if (rows == rows_.end()) return instances;
    bool checked = false;
    for (const auto* row : rows->second) {
      if (row->maintenance) continue;  // it is leaving
      model::Instance instance;
      instance.id = row->name;
      instance.address = row->address;
      instance.port = row->port;
      instance.weight = row->weight;
      instance.meta.emplace(config::kServerNameMeta, row->name);
      instances.push_back(std::move(instance));
      checked = checked || row->checked;
    }
    destination.skip_check = !instances.empty() && !checked;
    std::ranges::sort(instances, {}, &model::Instance::id);
    return instances;
  }

  const LiveState& live_;
  const FoundTemplates& templates_;
  bool committed_;
  std::unordered_map<std::string_view, std::vector<const runtime::ServerRow*>> rows_;
  std::map<std::string, std::map<model::PathType, Hosts>> routes_;  ///< by destination
};

std::string text_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  const auto* text = value ? value->if_string() : nullptr;
  return text ? std::string(*text) : std::string();
}

}  // namespace

std::string render_templates(const model::DesiredState& state) {
  json::object services;
  for (const auto& [name, service] : state.services) {
    if (service.rendered.empty()) continue;
    auto files = service.definition.templates();
    services[name] = json::object{{"path", files.empty() ? std::string() : files.front()},
                                  {"aclName", service.definition.acl_name},
                                  {"hash", service.template_hash},
                                  {"rendered", service.rendered}};
  }
  return services.empty() ? std::string() : json::serialize(services) + "\n";
}

FoundTemplates parse_templates(std::string_view text) {
  FoundTemplates templates;
  boost::system::error_code error;
  auto document = json::parse(text, error);
  if (error || !document.is_object()) return templates;
  for (const auto& [name, value] : document.as_object()) {
    const auto* object = value.if_object();
    if (!object) continue;
    model::Service service;
    service.definition.consul_template_path = text_of(*object, "path");
    service.definition.acl_name = text_of(*object, "aclName");
    service.template_hash = text_of(*object, "hash");
    service.rendered = text_of(*object, "rendered");
    if (!service.rendered.empty()) templates.emplace(name, std::move(service));
  }
  return templates;
}

model::DesiredState services_of(const LiveState& live, const FoundTemplates& templates) {
  return Reader(live, templates).read();
}

}  // namespace dfp::haproxy
