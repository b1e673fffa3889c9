#pragma once
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/deadline.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "model/instance.hpp"

/// What templates may ask a registry for: richer than what routing needs, and read-only.
/// An empty datacenter is the registry's own one.
namespace dfp::registry {

/// Instances of a service with their nodes and checks, whatever their health unless `passing_only`.
struct ServiceQuestion {
  std::string service = {};
  std::string tag = {};  ///< only instances that have it; empty: all
  std::string datacenter = {};
  std::string near =
      {};  ///< sorted by distance to this node instead of by (node, id); "_agent" is the registry's
  bool passing_only = false;
  bool mesh = false;  ///< the endpoints that speak for the service in a service mesh
  auto operator<=>(const ServiceQuestion&) const = default;
};
/// All services with the union of their tags.
struct ServicesQuestion {
  std::string datacenter = {};
  auto operator<=>(const ServicesQuestion&) const = default;
};
struct NodesQuestion {
  std::string datacenter = {};
  std::string near = {};
  auto operator<=>(const NodesQuestion&) const = default;
};
/// One node with what runs on it; an empty name is the node of the registry's agent.
struct NodeQuestion {
  std::string node = {};
  std::string datacenter = {};
  auto operator<=>(const NodeQuestion&) const = default;
};
struct DatacentersQuestion {
  bool reachable_only = false;
  auto operator<=>(const DatacentersQuestion&) const = default;
};
struct KeyQuestion {
  std::string key = {};
  std::string datacenter = {};
  auto operator<=>(const KeyQuestion&) const = default;
};
/// Every key that begins with `prefix`, in byte order.
struct TreeQuestion {
  std::string prefix = {};
  std::string datacenter = {};
  auto operator<=>(const TreeQuestion&) const = default;
};
using Question = std::variant<ServiceQuestion, ServicesQuestion, NodesQuestion, NodeQuestion,
                              DatacentersQuestion, KeyQuestion, TreeQuestion>;

/// For people: "service(blue.go-demo@dc1)", "key(app/color)".
std::string describe(const Question& question);

struct NodeRecord {
  std::string id, name, address, datacenter;
  std::map<std::string, std::string> tagged_addresses;
  std::map<std::string, std::string> meta;
  bool operator==(const NodeRecord&) const = default;
};
struct HostPort {
  std::string address;
  int port = 0;
  bool operator==(const HostPort&) const = default;
};
/// One health check, of a node (then `service_id` is empty) or of an instance.
struct CheckRecord {
  std::string node, id, name, status, notes, output, service_id, service_name, type;
  std::vector<std::string> service_tags;
  bool operator==(const CheckRecord&) const = default;
};
struct ServiceRecord {
  std::string id, name;
  std::string address;  ///< empty: the node's
  int port = 0;
  std::vector<std::string> tags;
  std::map<std::string, std::string> meta;
  std::map<std::string, HostPort> tagged_addresses;
  int passing_weight = 1, warning_weight = 1;
  bool enable_tag_override = false;
  bool operator==(const ServiceRecord&) const = default;
};
struct HealthRecord {
  NodeRecord node;
  ServiceRecord service;
  std::vector<CheckRecord> checks;
  model::Health health = model::Health::Passing;  ///< aggregate of the checks
  bool operator==(const HealthRecord&) const = default;
};
struct ServiceTags {
  std::string name;
  std::vector<std::string> tags;
  bool operator==(const ServiceTags&) const = default;
};
struct NodeServices {
  NodeRecord node;
  std::vector<ServiceRecord> services;
  bool operator==(const NodeServices&) const = default;
};
struct KeyRecord {
  std::string key, value, session;
  std::uint64_t flags = 0, create_index = 0, modify_index = 0, lock_index = 0;
  bool operator==(const KeyRecord&) const = default;
};

/// In the order of Question. Absent: the node or key does not exist.
using AnswerData = std::variant<std::vector<HealthRecord>, std::vector<ServiceTags>, std::vector<NodeRecord>,
                                std::optional<NodeServices>, std::vector<std::string>,
                                std::optional<KeyRecord>, std::vector<KeyRecord>>;
struct SourceAnswer {
  AnswerData data;
  std::uint64_t index = 0;  ///< position for wait(); 0: this answer cannot be waited for
};

/// Reads for templates. Use from one executor.
class TemplateSource {
 public:
  virtual ~TemplateSource() = default;

  /// A consistent read. An unknown service, node or key is an empty answer.
  /// @return InvalidArgument for an unknown datacenter; Unavailable, Timeout, Rejected as in Catalog.
  virtual Task<Result<SourceAnswer>> ask(Question question, Deadline deadline) = 0;
  /// Completes as soon as the answer may differ from the one at `index`. May complete without a change.
  /// @return Timeout at the deadline.
  virtual Task<Result<>> wait(Question question, std::uint64_t index, Deadline deadline) = 0;
};

}  // namespace dfp::registry
