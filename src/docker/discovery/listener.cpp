#include "docker/discovery/listener.hpp"

#include <boost/json.hpp>

namespace dfp::docker::discovery {
namespace json = boost::json;
namespace {

constexpr std::string_view kPrefix = "com.df.";

/// com.df.X=Y as X=Y.
void add_labels(const Labels& labels, json::object& out) {
  for (const auto& [label, value] : labels)
    if (label.starts_with(kPrefix)) out.insert_or_assign(label.substr(kPrefix.size()), value);
}

/// In the network that com.df.scrapeNetwork names, else in any; empty for none.
std::string address_of(const Replica& replica, const ServiceView& service) {
  auto wanted = service.labels.find("com.df.scrapeNetwork");
  for (const auto& address : replica.addresses)
    if (wanted == service.labels.end() || address.network == wanted->second) return address.ip;
  return {};
}

/// [["node","address","node's id"], …] as a text, as the original puts it into its query.
std::string node_info(const ServiceView& service) {
  json::array list;
  for (const auto& replica : service.replicas) {
    auto address = replica.usable ? address_of(replica, service) : std::string();
    if (!address.empty()) list.push_back(json::array{replica.node, address, replica.node_id});
  }
  return json::serialize(list);
}

net::HttpResponse json_answer(int status, std::string body) {
  return {status, std::move(body), {{"Content-Type", "application/json"}}};
}

}  // namespace

std::string render_services(const View& view, const LabelRules& rules) {
  json::array list;
  for (const auto& service : view.services) {
    if (!label_is_true(service.labels, rules.notify) || service.usable() == 0) continue;
    json::object out{{"serviceName", service.called()}, {"distribute", "true"}};
    add_labels(service.labels, out);
    if (!service.global) out["replicas"] = std::to_string(service.wanted);
    out["nodeInfo"] = node_info(service);
    out.stable_erase("notify");
    list.push_back(std::move(out));
  }
  return json::serialize(list);
}

std::string render_nodes(const View& view) {
  json::array list;
  for (const auto& node : view.nodes) {
    json::object out{{"id", node.id},
                     {"hostname", node.hostname},
                     {"address", node.address},
                     {"versionIndex", std::to_string(node.version)},
                     {"state", node.state},
                     {"role", node.manager ? "manager" : "worker"},
                     {"availability", node.availability}};
    add_labels(node.labels, out);
    list.push_back(std::move(out));
  }
  return json::serialize(list);
}

std::optional<net::HttpResponse> answer_listener(std::string_view path, Follower& follower) {
  if (!path.starts_with(kListenerPrefix)) return std::nullopt;
  auto name = path.substr(kListenerPrefix.size());
  if (name.ends_with('/')) name.remove_suffix(1);
  if (name == "ping") return json_answer(200, R"({"Status":"OK"})");
  if (name == "notify-services") {
    follower.notify();
    return json_answer(200, R"({"Status":"OK"})");
  }
  if (name != "get-services" && name != "get-nodes") return std::nullopt;
  const auto& status = follower.status();
  if (!status.view) {
    json::object failure{{"Status", "NOK"},
                         {"Message", status.error.empty() ? "Docker has not been read yet" : status.error}};
    return json_answer(503, json::serialize(failure));
  }
  return json_answer(200, name == "get-nodes" ? render_nodes(*status.view)
                                              : render_services(*status.view, follower.rules()));
}

}  // namespace dfp::docker::discovery
