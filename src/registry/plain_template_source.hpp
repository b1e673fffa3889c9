#pragma once
#include <string>

#include "registry/catalog.hpp"
#include "registry/key_value.hpp"
#include "registry/template_source.hpp"

namespace dfp::registry {

/// Answers templates from any registry that has a catalog and a key-value side. It knows one datacenter, no
/// distances and no service mesh; a node is what instances are registered on, and its address that of the
/// first one.
class PlainTemplateSource : public TemplateSource {
 public:
  /// The one datacenter's name: Consul's default, so that "@dc1" in templates goes on working.
  static constexpr const char* kDatacenter = "dc1";

  /// Both must outlive this object. @param local_node what a nameless NodeQuestion means
  PlainTemplateSource(Catalog& catalog, KeyValue& key_value, std::string local_node)
      : catalog_(catalog), key_value_(key_value), local_node_(std::move(local_node)) {}

  Task<Result<SourceAnswer>> ask(Question question, Deadline deadline) override;
  /// There is nothing to wait for in general: asks every second until the answer is another one.
  Task<Result<>> wait(Question question, std::uint64_t index, Deadline deadline) override;

 private:
  Task<Result<std::vector<HealthRecord>>> service(ServiceQuestion question, Deadline deadline);
  Task<Result<std::vector<ServiceTags>>> services(Deadline deadline);
  Task<Result<std::vector<NodeServices>>> all_nodes(Deadline deadline);
  Task<Result<std::optional<NodeServices>>> node(NodeQuestion question, Deadline deadline);
  Task<Result<std::vector<NodeRecord>>> nodes(Deadline deadline);
  Task<Result<std::optional<KeyRecord>>> key(std::string key, Deadline deadline);
  Task<Result<std::vector<KeyRecord>>> tree(std::string prefix, Deadline deadline);

  Catalog& catalog_;
  KeyValue& key_value_;
  std::string local_node_;
};

}  // namespace dfp::registry
