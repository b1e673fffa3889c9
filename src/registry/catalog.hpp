#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/deadline.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "model/definition.hpp"
#include "model/instance.hpp"

namespace dfp::registry {

/// Everything of a registry that is not passing.
struct HealthReport {
  struct Finding {
    std::string node;
    std::string id;  ///< of the instance; empty: the whole node, and so each instance on it
    model::Health health = model::Health::Critical;
    auto operator<=>(const Finding&) const = default;
  };
  std::vector<Finding> findings;  ///< sorted; the worst one counts for an instance
  std::uint64_t index = 0;        ///< position for the next health(); never 0
};

/// Every instance of a registry, for the question to whom an address belongs.
struct AddressReport {
  /// Of each only service, node, id, address and port; port 0: the whole address is its own. Sorted by
  /// address and port.
  std::vector<model::Instance> owners;
  std::uint64_t index = 0;  ///< position for the next addresses(); never 0
};

/// How new an answer has to be.
enum class Freshness {
  Now,     ///< sees every registration that was acknowledged before the call
  Recent,  ///< where many questions are asked in a row: one reading may answer several of them
};

/// The instance side of a registry. One conformance suite holds for all implementations
/// (registry/testing/conformance.hpp). Use from one executor.
class Catalog {
 public:
  virtual ~Catalog() = default;

  /// Every instance registered under exactly this name, whatever its health, sorted by (node, id).
  /// A consistent read: sees every registration that was acknowledged before the call.
  /// @return an empty list for an unknown name; Unavailable or Timeout when the registry cannot be read.
  virtual Task<Result<std::vector<model::Instance>>> instances(std::string service, Deadline deadline) = 0;

  /// The instances for a definition: those of its registered name. A catalog that knows no ports, or several
  /// ways to an instance (Docker), decides by the definition.
  /// @return also InvalidArgument, naming the parameter, where the definition does not say enough for that.
  virtual Task<Result<std::vector<model::Instance>>> instances_for(model::Definition definition,
                                                                   Freshness freshness, Deadline deadline);

  /// Names of all registered services, sorted.
  virtual Task<Result<std::vector<std::string>>> services(Deadline deadline) = 0;

  /// Completes at once where `index` is 0, else when the report may differ from the one with that index; may
  /// complete without a difference. A catalog that knows no health reports nothing, and waits.
  /// @return Timeout at the deadline; Unavailable when the registry cannot be read.
  virtual Task<Result<HealthReport>> health(std::uint64_t index, Deadline deadline) = 0;

  /// Who is where. Completes as health(); costs a reading of the whole catalog, so callers leave a pause
  /// between two. A catalog that cannot tell reports nothing, and waits.
  virtual Task<Result<AddressReport>> addresses(std::uint64_t index, Deadline deadline) = 0;
};

}  // namespace dfp::registry
