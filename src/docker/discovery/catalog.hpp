#pragma once
#include <string>

#include "docker/discovery/source.hpp"
#include "registry/catalog.hpp"

namespace dfp::docker::discovery {

/// Instances from an engine. Services that it does not know are looked up in another catalog.
class DockerCatalog : public registry::Catalog {
 public:
  /// All must outlive it. @param network see instances_of()
  DockerCatalog(Source& source, registry::Catalog& others, std::string network)
      : source_(source), others_(others), network_(std::move(network)) {}

  /// Of a service of the engine: as its labels com.df.port and com.df.network say.
  Task<Result<std::vector<model::Instance>>> instances(std::string service, Deadline deadline) override;
  Task<Result<std::vector<model::Instance>>> instances_for(model::Definition definition,
                                                           registry::Freshness freshness,
                                                           Deadline deadline) override;
  Task<Result<std::vector<std::string>>> services(Deadline deadline) override;
  /// The registry's: Docker's unhealthy copies are no instances at all.
  Task<Result<registry::HealthReport>> health(std::uint64_t index, Deadline deadline) override {
    return others_.health(index, deadline);
  }
  /// The copies as the engine showed them last (who follows it keeps that new), and the registry's instances.
  Task<Result<registry::AddressReport>> addresses(std::uint64_t index, Deadline deadline) override;

 private:
  Source& source_;
  registry::Catalog& others_;
  std::string network_;
  registry::AddressReport others_addresses_;
};

}  // namespace dfp::docker::discovery
