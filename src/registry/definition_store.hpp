#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "model/desired_state.hpp"
#include "registry/key_value.hpp"
#include "registry/removal_marks.hpp"
#include "registry/route_claim.hpp"

namespace dfp::registry {

/// A stored service with the token that guards its replacement.
struct StoredService {
  model::Service service;
  std::uint64_t version = 0;  ///< of its `definition` key; 0 when only an original 1.0 wrote it
  ClaimAge age = {};          ///< of its claim on its routes
};

/// What the store holds. A record that cannot be read does not hide the others.
struct StoreSnapshot {
  std::map<std::string, StoredService> services;
  std::map<std::string, std::string> broken;  ///< service name -> why its record cannot be read
  /// Services that are not there because somebody removed them (through a proxy, or as an original 1.0 does
  /// it by deleting `path`), and not because the registry has lost them.
  std::set<std::string> removed;
  bool blank = false;  ///< no service, and not even the marker that every write leaves there
  std::uint64_t index = 0;
  GuardVersions guards;  ///< for ClaimWrite
};

/// Services in the key-value side of a registry, under PREFIX/SERVICE/ (design.md section 5): one versioned
/// JSON record `definition` (record.hpp) is the authority; `color`, `path`, `domain`, `pathtype`,
/// `skipcheck`, `consultemplatepath` beside it are written and read as the original 1.0 did
/// (legacy_keys.hpp). Every write also renews PREFIX/_/changed; a removal leaves a mark (removal_marks.hpp).
/// Names that begin with '_' are not services.
///
/// What an original 1.0 does beside us counts: where the six keys say something else than the record and were
/// written after it, they win; where `path` was deleted, the service is gone (the original's rule); a service
/// that has only the six keys exists. Such a service has changed_by "kv", the record's revision, and its pins
/// only if they are of the right colour: whoever applies it pins anew.
class DefinitionStore {
 public:
  /// @param prefix the instance name, e.g. "docker-flow". `kv` must outlive the store.
  DefinitionStore(KeyValue& kv, std::string prefix);
  ~DefinitionStore();

  /// Reads all services (records that did not change since the last load are not parsed again).
  Task<Result<StoreSnapshot>> load(Deadline deadline);
  /// Completes with the new index when something may have changed since `index`; Timeout at the deadline.
  /// Where the registry lets it tell (KeyValue::consecutive_versions), what this store itself has written is
  /// no change.
  Task<Result<std::uint64_t>> wait(std::uint64_t index, Deadline deadline);
  /// Writes a service if its stored version is still `expected_version` (0: there is none). A record that
  /// load() does not give as a service (broken, or removed by an original 1.0) is replaced whatever its
  /// version.
  /// @return the new version, also of the claim and the guards that were renewed; Conflict when the stored
  /// one, or a guard, differs.
  Task<Result<std::uint64_t>> put(model::Service service, std::uint64_t expected_version, Deadline deadline,
                                  ClaimWrite claim = {});
  /// Whether the service's record still is the version that load() or put() gave (0: there is none). Reads
  /// one key, consistently.
  Task<Result<bool>> holds(std::string service, std::uint64_t version, Deadline deadline);
  /// Deletes the service's whole subtree and marks it as removed. Removing an absent one succeeds. @return
  /// the registry's version of the removal.
  Task<Result<std::uint64_t>> remove(std::string service, Deadline deadline);

 private:
  std::string folder(const std::string& service) const { return prefix_ + "/" + service + "/"; }
  Operation marker(const std::string& write) const;
  std::vector<Operation> put_operations(model::Service service, std::uint64_t expected_version,
                                        const ClaimWrite& claim) const;
  /// A service to be written.
  struct Write {
    model::Service service;
    ClaimWrite claim;
  };
  Task<Result<std::uint64_t>> put_over_unreadable(Write write, Error conflict, Deadline deadline);

  KeyValue& kv_;
  std::string prefix_;
  /// Moves `reached_` past our own writes. @return whether that leads to `moved`.
  bool only_own_writes_until(std::uint64_t moved);

  struct Cache;
  std::unique_ptr<Cache> cache_;
  RemovalMarks marks_;
  std::set<std::uint64_t> own_versions_;  ///< of writes that no wait() has passed yet
  std::uint64_t asked_from_ = 0;          ///< the index of the last wait(),
  std::uint64_t reached_ = 0;             ///< and where our own writes led from there
};

}  // namespace dfp::registry
