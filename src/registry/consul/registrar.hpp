#pragma once
#include "registry/consul/client.hpp"
#include "registry/registrar.hpp"

namespace dfp::registry::consul {

/// Registers instances at the agent that the client speaks to. They are on its node, whatever node they are
/// given. Adding and removing end only when the catalog shows the change, because the agent tells the servers
/// a moment later.
///
/// Health: an instance that is added as passing has no check; every other one has a check of ours with its
/// state (registration_json.hpp), and maintenance is Consul's switch. A lifetime is a check with a time to
/// live; an instance that was not renewed is critical then, and removed by the agent later.
class ConsulRegistrar : public Registrar {
 public:
  explicit ConsulRegistrar(Client& client) : client_(client) {}

  Task<Result<>> add(model::Instance instance, Deadline deadline) override;
  /// @return also Rejected for an instance that is registered at another node's agent: only there it can be
  /// removed.
  Task<Result<>> remove(std::string service, std::string node, std::string id, Deadline deadline) override;
  Task<Result<>> enroll(Registration registration, Deadline deadline) override;
  Task<Result<>> renew(Registration registration, Deadline deadline) override;
  Task<Result<std::vector<model::Instance>>> registered(Deadline deadline) override;

 private:
  Task<Result<>> put(std::string target, std::string body, std::string operation, Deadline deadline);
  Task<Result<>> enroll_with(Registration registration, bool states_health, Deadline deadline);
  Task<Result<>> tell_health(model::Instance instance, std::string operation, Deadline deadline);
  Task<Result<>> switch_maintenance(model::Instance instance, std::string operation, Deadline deadline);
  Task<Result<std::string>> own_node(Deadline deadline);
  Task<Result<std::vector<model::Instance>>> agent_services(Deadline deadline);
  Task<Result<bool>> registered_here(std::string service, std::string id, Deadline deadline);
  Task<Result<>> explain_absence(std::string service, std::string node, std::string id, Deadline deadline);
  Task<Result<>> wait_until_shown(model::Instance instance, bool with_health, Deadline deadline);
  Task<Result<>> wait_until_gone(std::string service, std::string node, std::string id, Deadline deadline);

  Client& client_;
};

}  // namespace dfp::registry::consul
