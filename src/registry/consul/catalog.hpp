#pragma once
#include "registry/catalog.hpp"
#include "registry/consul/client.hpp"

namespace dfp::registry::consul {

/// Instances from the health endpoint: instance, node and checks in one consistent answer.
class ConsulCatalog : public Catalog {
 public:
  explicit ConsulCatalog(Client& client) : client_(client) {}

  /// @return also Rejected when the token may not read the service: Consul answers with an empty list then.
  Task<Result<std::vector<model::Instance>>> instances(std::string service, Deadline deadline) override;
  Task<Result<std::vector<std::string>>> services(Deadline deadline) override;
  Task<Result<HealthReport>> health(std::uint64_t index, Deadline deadline) override;

 private:
  Client& client_;
  std::uint64_t health_epoch_ = 0;  ///< Client::epoch() of the last health report
};

}  // namespace dfp::registry::consul
