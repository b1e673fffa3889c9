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
  /// Node by node: one request each, after a blocking query for the whole catalog.
  Task<Result<AddressReport>> addresses(std::uint64_t index, Deadline deadline) override;

 private:
  Task<> add_addresses_of(std::string node, AddressReport* report, Result<>* whole, Deadline deadline);
  Task<Result<AddressReport>> read_addresses(std::uint64_t index, Deadline deadline);

  Client& client_;
  std::uint64_t health_epoch_ = 0;    ///< Client::epoch() of the last health report
  std::uint64_t address_epoch_ = 0;   ///< the same of the last report of addresses
  Clock::time_point next_addresses_;  ///< not before
};

}  // namespace dfp::registry::consul
