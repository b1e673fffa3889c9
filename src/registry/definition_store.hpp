#pragma once
#include <map>
#include <string>

#include "model/desired_state.hpp"
#include "registry/key_value.hpp"

namespace dfp::registry {

/// A stored service with the token that guards its replacement.
struct StoredService {
  model::Service service;
  std::uint64_t version = 0;  ///< of its `definition` key; 0 when only an original 1.0 wrote it
};

/// What the store holds. A record that cannot be read does not hide the others.
struct StoreSnapshot {
  std::map<std::string, StoredService> services;
  std::map<std::string, std::string> broken;  ///< service name -> why its record cannot be read
  bool blank =
      false;  ///< not a single key under the prefix, not even the marker that every write leaves there
  std::uint64_t index = 0;
};

/// Services in the key-value side of a registry, under PREFIX/SERVICE/ (design.md section 5): one versioned
/// JSON record `definition` is the authority; `color`, `path`, `domain`, `pathtype`, `skipcheck`,
/// `consultemplatepath` beside it are written and read as the original 1.0 did. When those six were changed
/// after our record (an original 1.0 wrote them), they win, and the service's changed_by is "kv".
class DefinitionStore {
 public:
  /// @param prefix the instance name, e.g. "docker-flow". `kv` must outlive the store.
  DefinitionStore(KeyValue& kv, std::string prefix);

  /// Reads all services (records that did not change since the last load are not parsed again).
  Task<Result<StoreSnapshot>> load(Deadline deadline);
  /// Completes with the new index when something may have changed since `index`; Timeout at the deadline.
  Task<Result<std::uint64_t>> wait(std::uint64_t index, Deadline deadline);
  /// Writes a service if its stored version is still `expected_version` (0: no `definition` key).
  /// @return the new version; Conflict when the stored one differs.
  Task<Result<std::uint64_t>> put(model::Service service, std::uint64_t expected_version, Deadline deadline);
  /// Deletes the service's whole subtree. Removing an absent one succeeds. @return the registry's version of
  /// the removal.
  Task<Result<std::uint64_t>> remove(std::string service, Deadline deadline);

 private:
  KeyValue& kv_;
  std::string prefix_;
};

}  // namespace dfp::registry
