#include "template/consul/testing/recorded_catalog.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "base/base64.hpp"
#include "base/wait.hpp"

namespace dfp::tmpl::consul::testing {
namespace {

using namespace registry;
namespace json = boost::json;

std::string text(const json::object& from, std::string_view name) {
  const auto* found = from.if_contains(name);
  return found && found->is_string() ? std::string(found->as_string()) : "";
}

std::int64_t number(const json::object& from, std::string_view name) {
  const auto* found = from.if_contains(name);
  return found && found->is_int64() ? found->as_int64() : 0;
}

std::map<std::string, std::string> texts(const json::object& from, std::string_view name) {
  std::map<std::string, std::string> out;
  const auto* found = from.if_contains(name);
  if (found && found->is_object())
    for (const auto& [key, value] : found->as_object()) out[key] = std::string(value.as_string());
  return out;
}

std::vector<std::string> list(const json::object& from, std::string_view name) {
  std::vector<std::string> out;
  const auto* found = from.if_contains(name);
  if (found && found->is_array())
    for (const auto& value : found->as_array()) out.emplace_back(value.as_string());
  return out;
}

NodeRecord node(const json::object& from) {
  return {text(from, "ID"),
          text(from, "Node"),
          text(from, "Address"),
          text(from, "Datacenter"),
          texts(from, "TaggedAddresses"),
          texts(from, "Meta")};
}

ServiceRecord service(const json::object& from) {
  ServiceRecord out;
  out.id = text(from, "ID");
  out.name = text(from, "Service");
  out.address = text(from, "Address");
  out.port = static_cast<int>(number(from, "Port"));
  out.tags = list(from, "Tags");
  out.meta = texts(from, "Meta");
  out.passing_weight = static_cast<int>(number(from.at("Weights").as_object(), "Passing"));
  out.warning_weight = static_cast<int>(number(from.at("Weights").as_object(), "Warning"));
  const auto* tagged = from.if_contains("TaggedAddresses");
  if (tagged && tagged->is_object())
    for (const auto& [name, address] : tagged->as_object())
      out.tagged_addresses[name] = {text(address.as_object(), "Address"),
                                    static_cast<int>(number(address.as_object(), "Port"))};
  return out;
}

model::Health health_of(const json::array& checks) {
  auto worst = model::Health::Passing;
  for (const auto& check : checks) {
    const auto& fields = check.as_object();
    auto id = text(fields, "CheckID");
    bool maintenance = id == "_node_maintenance" || id.starts_with("_service_maintenance:");
    auto health = maintenance ? model::Health::Maintenance
                              : model::parse_health(text(fields, "Status")).value_or(model::Health::Critical);
    worst = std::max(worst, health);
  }
  return worst;
}

class Answers {
 public:
  explicit Answers(const json::object& paths) : paths_(paths) {}

  AnswerData operator()(const ServiceQuestion& question) const {
    std::vector<HealthRecord> out;
    const auto* found = paths_.if_contains("/v1/health/service/" + question.service);
    if (!found) return out;
    for (const auto& entry : found->as_array()) {
      const auto& fields = entry.as_object();
      HealthRecord record{
          node(fields.at("Node").as_object()), service(fields.at("Service").as_object()), {}, {}};
      record.health = health_of(fields.at("Checks").as_array());
      const auto& tags = record.service.tags;
      if (question.passing_only && record.health != model::Health::Passing) continue;
      if (!question.tag.empty() && std::ranges::find(tags, question.tag) == tags.end()) continue;
      out.push_back(std::move(record));
    }
    return out;
  }
  AnswerData operator()(const ServicesQuestion&) const {
    std::vector<ServiceTags> out;
    const auto& all = paths_.at("/v1/catalog/services").as_object();
    for (const auto& [name, tags] : all) out.push_back({name, list(all, name)});
    return out;
  }
  AnswerData operator()(const NodesQuestion&) const {
    std::vector<NodeRecord> out;
    for (const auto& entry : paths_.at("/v1/catalog/nodes").as_array())
      out.push_back(node(entry.as_object()));
    return out;
  }
  AnswerData operator()(const NodeQuestion& question) const {
    auto name = question.node;
    if (name.empty())
      name = text(paths_.at("/v1/agent/self").as_object().at("Config").as_object(), "NodeName");
    const auto* found = paths_.if_contains("/v1/catalog/node/" + name);
    if (!found) return std::optional<NodeServices>();
    NodeServices out{node(found->as_object().at("Node").as_object()), {}};
    for (const auto& [id, entry] : found->as_object().at("Services").as_object())
      out.services.push_back(service(entry.as_object()));
    return std::optional(std::move(out));
  }
  AnswerData operator()(const DatacentersQuestion&) const { return list(paths_, "/v1/catalog/datacenters"); }
  AnswerData operator()(const KeyQuestion& question) const {
    for (auto& record : keys())
      if (record.key == question.key) return std::optional(std::move(record));
    return std::optional<KeyRecord>();
  }
  AnswerData operator()(const TreeQuestion& question) const {
    auto all = keys();
    std::erase_if(all, [&](const KeyRecord& record) { return !record.key.starts_with(question.prefix); });
    return all;
  }

 private:
  std::vector<KeyRecord> keys() const {
    std::vector<KeyRecord> out;
    for (const auto& entry : paths_.at("/v1/kv/?recurse").as_array()) {
      const auto& fields = entry.as_object();
      KeyRecord record;
      record.key = text(fields, "Key");
      record.value = base64::decode(text(fields, "Value")).value_or("");
      record.create_index = static_cast<std::uint64_t>(number(fields, "CreateIndex"));
      record.modify_index = static_cast<std::uint64_t>(number(fields, "ModifyIndex"));
      out.push_back(std::move(record));
    }
    return out;
  }

  const json::object& paths_;
};

}  // namespace

Task<Result<SourceAnswer>> RecordedCatalog::ask(Question question, Deadline) {
  ++asked;
  auto datacenter = std::visit(
      [](const auto& asked_for) -> std::string {
        if constexpr (requires { asked_for.datacenter; }) return asked_for.datacenter;
        return "";
      },
      question);
  if (!datacenter.empty() && datacenter != "dc1")
    co_return fail(Errc::InvalidArgument, "No path to datacenter");
  co_return SourceAnswer{std::visit(Answers(paths_.as_object()), question), 1};
}

Task<Result<>> RecordedCatalog::wait(Question, std::uint64_t, Deadline deadline) {
  co_await sleep_for(deadline.left());
  co_return fail(Errc::Timeout, "nothing changed");
}

}  // namespace dfp::tmpl::consul::testing
