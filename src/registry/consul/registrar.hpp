#pragma once
#include "registry/consul/client.hpp"
#include "registry/registrar.hpp"

namespace dfp::registry::consul {

/// Registers instances at the agent that the client speaks to. They belong to its node: an instance whose
/// `node` is neither empty nor that node is refused. Both operations end only when the catalog shows the
/// change, because the agent tells the servers a moment later.
///
/// Health: passing has no check; warning and critical are a check of ours with that state; maintenance is
/// Consul's.
class ConsulRegistrar : public Registrar {
 public:
  explicit ConsulRegistrar(Client& client) : client_(client) {}

  Task<Result<>> add(model::Instance instance, Deadline deadline) override;
  /// @return also Rejected for an instance that is registered at another node's agent: only there it can be
  /// removed.
  Task<Result<>> remove(std::string service, std::string node, std::string id, Deadline deadline) override;

 private:
  Task<Result<>> put(std::string target, std::string body, std::string operation, Deadline deadline);
  Task<Result<std::string>> own_node(Deadline deadline);
  Task<Result<>> check_own_node(std::string node, std::string id, Deadline deadline);
  Task<Result<bool>> registered_here(std::string service, std::string id, Deadline deadline);
  Task<Result<>> explain_absence(std::string service, std::string node, std::string id, Deadline deadline);
  Task<Result<>> wait_for_catalog(model::Instance instance, bool present, Deadline deadline);

  Client& client_;
};

}  // namespace dfp::registry::consul
