#pragma once
#include <chrono>
#include <map>
#include <string>

#include "registry/catalog.hpp"

namespace dfp::registry {

/// A catalog that does not believe at once that instances are gone: an answer with fewer instances than the
/// last one of the same service is read again, an empty one after a pause. The second answer counts.
/// Registries have been seen to show nothing for a moment during elections and restarts, and proxies to blank
/// their configuration for it (Consul Template issues 442, 810, 1167).
class ConfirmedCatalog : public Catalog {
 public:
  /// @param catalog must outlive this object.
  explicit ConfirmedCatalog(Catalog& catalog,
                            std::chrono::milliseconds pause = std::chrono::milliseconds(250))
      : catalog_(catalog), pause_(pause) {}

  Task<Result<std::vector<model::Instance>>> instances(std::string service, Deadline deadline) override;
  Task<Result<std::vector<std::string>>> services(Deadline deadline) override;
  Task<Result<HealthReport>> health(std::uint64_t index, Deadline deadline) override {
    return catalog_.health(index, deadline);
  }
  Task<Result<AddressReport>> addresses(std::uint64_t index, Deadline deadline) override {
    return catalog_.addresses(index, deadline);
  }

 private:
  void remember(const std::string& service, std::size_t count);

  Catalog& catalog_;
  std::chrono::milliseconds pause_;
  std::map<std::string, std::size_t> last_counts_;  ///< of the services that had instances when last read
};

}  // namespace dfp::registry
