#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/deadline.hpp"
#include "base/result.hpp"
#include "base/task.hpp"

namespace dfp::registry {

/// One key. Keys are '/'-separated paths without a leading slash ("docker-flow/go-demo/path"); values are
/// bytes.
struct Entry {
  std::string key;
  std::string value;
  std::uint64_t version =
      0;  ///< changes with every write of this key; never 0; comparable inside one registry
  bool operator==(const Entry&) const = default;
};

struct Tree {
  std::vector<Entry> entries;  ///< in byte order of keys
  std::uint64_t index = 0;     ///< position for wait(); at least the version of every entry
};

struct Put {
  std::string key, value;
};
/// Writes only if the key's version is still `version` (0: the key is absent).
struct PutIfVersion {
  std::string key, value;
  std::uint64_t version = 0;
};
struct Delete {
  std::string key;
};
/// Deletes every key that begins with `prefix` (which ends in '/').
struct DeleteTree {
  std::string prefix;
};
/// Fails the transaction unless the key's version is still `version` (0: absent).
struct CheckVersion {
  std::string key;
  std::uint64_t version = 0;
};
using Operation = std::variant<Put, PutIfVersion, Delete, DeleteTree, CheckVersion>;

// Below the limits of every registry: Consul takes 64 operations and 512 KiB of JSON (values in base64) in a
// transaction, ZooKeeper 1 MiB.
constexpr std::size_t kMaxValueBytes = 350 * 1024;  ///< all values of a transaction together
constexpr std::size_t kMaxOperations = 60;          ///< in one transaction

/// What every registry refuses before it asks anybody. @return InvalidArgument, naming the key, for an empty
/// key and for more or bigger operations than the limits above.
Result<> check_limits(const std::vector<Operation>& operations);

/// The key-value side of a registry, on which the definition store stands. Conformance suite as for Catalog.
/// All operations: Unavailable or Timeout when the registry cannot be reached; transact() also OutcomeUnknown
/// when it may have been carried out and no answer came.
class KeyValue {
 public:
  virtual ~KeyValue() = default;

  /// Whether every transaction takes the next number as its version, so that who knows its own versions sees
  /// whether anybody else has written.
  virtual bool consecutive_versions() const { return false; }

  /// Consistent read. std::nullopt when the key is absent.
  virtual Task<Result<std::optional<Entry>>> get(std::string key, Deadline deadline) = 0;
  /// Consistent read of every key that begins with `prefix`.
  virtual Task<Result<Tree>> list(std::string prefix, Deadline deadline) = 0;
  /// Completes with the new index as soon as something under `prefix` changed since `index` (0: at once);
  /// @return Timeout at the deadline. May complete without a change (an index can move for other reasons, or
  /// fall after a registry's restart): the caller compares what it lists then.
  virtual Task<Result<std::uint64_t>> wait(std::string prefix, std::uint64_t index, Deadline deadline) = 0;
  /// Applies all operations or none.
  /// @return the version that every key changed by this transaction has now (a registry may keep the version
  /// of a key whose value was the same before); InvalidArgument as check_limits(); Conflict when a version
  /// did not match.
  virtual Task<Result<std::uint64_t>> transact(std::vector<Operation> operations, Deadline deadline) = 0;
};

}  // namespace dfp::registry
