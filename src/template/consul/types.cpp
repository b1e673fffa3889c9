#include "template/consul/types.hpp"

#include <algorithm>

#include "template/bind.hpp"

namespace dfp::tmpl::consul {
namespace types {

namespace {

std::shared_ptr<const Function> tags_contain() {
  auto contains = [](Value tags, std::string_view wanted) {
    return std::ranges::any_of(tags.items(), [&](const Value& tag) { return tag.as_string() == wanted; });
  };
  return std::make_shared<const Function>(bind(contains));
}

}  // namespace

const Type kTags{.kind = Kind::Slice,
                 .name = "dependency.ServiceTags",
                 .element = &kString,
                 .underlying = &kStringList,
                 .methods = {{"Contains", tags_contain()}}};

namespace {

const Type kWeights{
    .kind = Kind::Struct, .name = "api.AgentWeights", .fields = {{"Passing", &kInt}, {"Warning", &kInt}}};
const Type kAddress{
    .kind = Kind::Struct, .name = "api.ServiceAddress", .fields = {{"Address", &kString}, {"Port", &kInt}}};
const Type kAddresses{
    .kind = Kind::Map, .name = "map[string]api.ServiceAddress", .key = &kString, .element = &kAddress};
const Type kCheck{.kind = Kind::Struct,
                  .name = "api.HealthCheck",
                  .fields = {{"Node", &kString},
                             {"CheckID", &kString},
                             {"Name", &kString},
                             {"Status", &kString},
                             {"Notes", &kString},
                             {"Output", &kString},
                             {"ServiceID", &kString},
                             {"ServiceName", &kString},
                             {"ServiceTags", &kStringList},
                             {"Type", &kString}}};
const Type kCheckPointer{.kind = Kind::Pointer, .name = "*api.HealthCheck", .element = &kCheck};
const Type kChecks{.kind = Kind::Slice, .name = "api.HealthChecks", .element = &kCheckPointer};

const Type kService{.kind = Kind::Struct,
                    .name = "dependency.HealthService",
                    .fields = {{"Node", &kString},
                               {"NodeID", &kString},
                               {"NodeAddress", &kString},
                               {"NodeTaggedAddresses", &kStringMap},
                               {"NodeMeta", &kStringMap},
                               {"ServiceMeta", &kStringMap},
                               {"Address", &kString},
                               {"ServiceTaggedAddresses", &kAddresses},
                               {"ID", &kString},
                               {"Name", &kString},
                               {"Tags", &kTags},
                               {"Checks", &kChecks},
                               {"Status", &kString},
                               {"Port", &kInt},
                               {"Weights", &kWeights}}};
const Type kSnippet{.kind = Kind::Struct,
                    .name = "dependency.CatalogSnippet",
                    .fields = {{"Name", &kString}, {"Tags", &kTags}}};
const Type kSnippetPointer{.kind = Kind::Pointer, .name = "*dependency.CatalogSnippet", .element = &kSnippet};

const Type kNode{.kind = Kind::Struct,
                 .name = "dependency.Node",
                 .fields = {{"ID", &kString},
                            {"Node", &kString},
                            {"Address", &kString},
                            {"Datacenter", &kString},
                            {"TaggedAddresses", &kStringMap},
                            {"Meta", &kStringMap}}};
const Type kNodePointer{.kind = Kind::Pointer, .name = "*dependency.Node", .element = &kNode};
const Type kNodeService{.kind = Kind::Struct,
                        .name = "dependency.CatalogNodeService",
                        .fields = {{"ID", &kString},
                                   {"Service", &kString},
                                   {"Tags", &kTags},
                                   {"Meta", &kStringMap},
                                   {"Port", &kInt},
                                   {"Address", &kString},
                                   {"EnableTagOverride", &kBool}}};
const Type kNodeServicePointer{
    .kind = Kind::Pointer, .name = "*dependency.CatalogNodeService", .element = &kNodeService};
const Type kNodeServiceList{
    .kind = Kind::Slice, .name = "[]*dependency.CatalogNodeService", .element = &kNodeServicePointer};
const Type kNodeDetailStruct{.kind = Kind::Struct,
                             .name = "dependency.CatalogNode",
                             .fields = {{"Node", &kNodePointer}, {"Services", &kNodeServiceList}}};

const Type kPair{.kind = Kind::Struct,
                 .name = "dependency.KeyPair",
                 .fields = {{"Path", &kString},
                            {"Key", &kString},
                            {"Value", &kString},
                            {"CreateIndex", &kUint64},
                            {"ModifyIndex", &kUint64},
                            {"LockIndex", &kUint64},
                            {"Flags", &kUint64},
                            {"Session", &kString}}};

}  // namespace

const Type kServicePointer{.kind = Kind::Pointer, .name = "*dependency.HealthService", .element = &kService};
const Type kServiceList{
    .kind = Kind::Slice, .name = "[]*dependency.HealthService", .element = &kServicePointer};
const Type kSnippetList{
    .kind = Kind::Slice, .name = "[]*dependency.CatalogSnippet", .element = &kSnippetPointer};
const Type kNodeList{.kind = Kind::Slice, .name = "[]*dependency.Node", .element = &kNodePointer};
const Type kNodeDetail{
    .kind = Kind::Pointer, .name = "*dependency.CatalogNode", .element = &kNodeDetailStruct};
const Type kPairPointer{.kind = Kind::Pointer, .name = "*dependency.KeyPair", .element = &kPair};
const Type kPairList{.kind = Kind::Slice, .name = "[]*dependency.KeyPair", .element = &kPairPointer};
const Type kServicesByName{.kind = Kind::Map,
                           .name = "map[string][]*dependency.HealthService",
                           .key = &kString,
                           .element = &kServiceList};
const Type kAnyListsByName{
    .kind = Kind::Map, .name = "map[string][]interface {}", .key = &kString, .element = &kAnyList};
const Type kAnyListsByPort{
    .kind = Kind::Map, .name = "map[int][]interface {}", .key = &kInt, .element = &kAnyList};
const Type kPairsByName{
    .kind = Kind::Map, .name = "map[string]*dependency.KeyPair", .key = &kString, .element = &kPairPointer};
const Type kPairsByTop{.kind = Kind::Map,
                       .name = "map[string]map[string]*dependency.KeyPair",
                       .key = &kString,
                       .element = &kPairsByName};
const Type kIntChannel{.kind = Kind::Channel, .name = "<-chan int64", .element = &kInt64};

}  // namespace types

namespace {

using registry::CheckRecord;
using registry::HealthRecord;

Value string_map(const std::map<std::string, std::string>& texts) {
  std::vector<MapEntry> entries;
  for (const auto& [key, text] : texts) entries.push_back({Value::of(key), Value::of(text)});
  return Value::map(std::move(entries), types::kStringMap);
}

Value strings(std::vector<std::string> texts, const Type& type) {
  std::vector<Value> items;
  for (auto& text : texts) items.push_back(Value::of(std::move(text)));
  return Value::list(std::move(items), type);
}

Value sorted_tags(std::vector<std::string> tags) {
  std::ranges::sort(tags);
  return strings(std::move(tags), types::kTags);
}

Value address_map(const std::map<std::string, registry::HostPort>& addresses) {
  std::vector<MapEntry> entries;
  for (const auto& [name, address] : addresses)
    entries.push_back(
        {Value::of(name),
         Value::structure({Value::of(address.address), Value::of(address.port)}, types::kAddress)});
  return Value::map(std::move(entries), types::kAddresses);
}

Value check_list(const std::vector<CheckRecord>& checks) {
  std::vector<Value> items;
  for (const auto& check : checks)
    items.push_back(
        Value::structure({Value::of(check.node), Value::of(check.id), Value::of(check.name),
                          Value::of(check.status), Value::of(check.notes), Value::of(check.output),
                          Value::of(check.service_id), Value::of(check.service_name),
                          strings(check.service_tags, types::kStringList), Value::of(check.type)},
                         types::kCheckPointer));
  return Value::list(std::move(items), types::kChecks);
}

Value service_value(const HealthRecord& record) {
  const auto& [node, service, checks, health] = record;
  return Value::structure(
      {Value::of(node.name), Value::of(node.id), Value::of(node.address), string_map(node.tagged_addresses),
       string_map(node.meta), string_map(service.meta),
       Value::of(service.address.empty() ? node.address : service.address),
       address_map(service.tagged_addresses), Value::of(service.id), Value::of(service.name),
       sorted_tags(service.tags), check_list(checks), Value::of(model::to_string(health)),
       Value::of(service.port),
       Value::structure({Value::of(service.passing_weight), Value::of(service.warning_weight)},
                        types::kWeights)},
      types::kServicePointer);
}

Value node_value(const registry::NodeRecord& node) {
  return Value::structure(
      {Value::of(node.id), Value::of(node.name), Value::of(node.address), Value::of(node.datacenter),
       string_map(node.tagged_addresses), string_map(node.meta)},
      types::kNodePointer);
}

Value node_service_value(const registry::ServiceRecord& service) {
  return Value::structure(
      {Value::of(service.id), Value::of(service.name), sorted_tags(service.tags), string_map(service.meta),
       Value::of(service.port), Value::of(service.address), Value::of(service.enable_tag_override)},
      types::kNodeServicePointer);
}

Value number(std::uint64_t value) { return Value::unsigned_integer(value, types::kUint64); }

Value pair_value(const registry::KeyRecord& record, std::string_view prefix) {
  std::string_view key = record.key;
  if (key.starts_with(prefix)) key.remove_prefix(prefix.size());
  while (key.starts_with('/')) key.remove_prefix(1);
  return Value::structure({Value::of(record.key), Value::of(key), Value::of(record.value),
                           number(record.create_index), number(record.modify_index),
                           number(record.lock_index), number(record.flags), Value::of(record.session)},
                          types::kPairPointer);
}

template <class T, class Convert>
Value list_of(const std::vector<T>& records, const Type& type, Convert convert) {
  std::vector<Value> items;
  items.reserve(records.size());
  for (const auto& record : records) items.push_back(convert(record));
  return Value::list(std::move(items), type);
}

}  // namespace

const Value& field(const Value& object, ServiceField which) {
  return object.fields()[static_cast<std::size_t>(which)];
}
const Value& field(const Value& object, PairField which) {
  return object.fields()[static_cast<std::size_t>(which)];
}

Value to_value(const std::vector<HealthRecord>& records) {
  return list_of(records, types::kServiceList, service_value);
}

Value to_value(const std::vector<registry::ServiceTags>& services) {
  auto sorted = services;
  std::ranges::sort(sorted, {}, &registry::ServiceTags::name);
  return list_of(sorted, types::kSnippetList, [](const registry::ServiceTags& service) {
    return Value::structure({Value::of(service.name), sorted_tags(service.tags)}, types::kSnippetPointer);
  });
}

Value to_value(const std::vector<registry::NodeRecord>& nodes) {
  return list_of(nodes, types::kNodeList, node_value);
}

Value to_value(const std::optional<registry::NodeServices>& node) {
  if (!node)
    return Value::structure({Value::zero(types::kNodePointer), Value::zero(types::kNodeServiceList)},
                            types::kNodeDetail);
  auto services = node->services;
  std::ranges::sort(
      services, [](const auto& a, const auto& b) { return std::tie(a.name, a.id) < std::tie(b.name, b.id); });
  return Value::structure(
      {node_value(node->node), list_of(services, types::kNodeServiceList, node_service_value)},
      types::kNodeDetail);
}

Value to_value(const std::optional<registry::KeyRecord>& key) {
  return key ? Value::of(key->value) : Value();
}

Value to_value(const std::vector<registry::KeyRecord>& keys, std::string_view prefix) {
  return list_of(keys, types::kPairList,
                 [prefix](const registry::KeyRecord& key) { return pair_value(key, prefix); });
}

}  // namespace dfp::tmpl::consul
