#pragma once
#include <map>

#include "registry/consul/client.hpp"
#include "registry/key_value.hpp"

namespace dfp::registry::consul {

/// Consul's key-value store. Versions are ModifyIndexes, transactions are /v1/txn (all keys of one share
/// their index). Consul keeps the version of a key that is written with the value it has.
class ConsulKeyValue : public KeyValue {
 public:
  explicit ConsulKeyValue(Client& client) : client_(client) {}

  Task<Result<std::optional<Entry>>> get(std::string key, Deadline deadline) override;
  /// @return also Rejected when the token may not read the prefix: Consul says 404 then, as for an empty one.
  Task<Result<Tree>> list(std::string prefix, Deadline deadline) override;
  /// A blocking query on the names below the prefix: small, whatever the values. At least 100 ms lie between
  /// two returns with a change, so that a busy store is not read without a pause.
  Task<Result<std::uint64_t>> wait(std::string prefix, std::uint64_t index, Deadline deadline) override;
  /// When an agent failed half way and the next one refuses, the keys are read back: if they all hold what
  /// was to be written, it was this transaction, and it succeeded.
  Task<Result<std::uint64_t>> transact(std::vector<Operation> operations, Deadline deadline) override;

 private:
  Task<Result<std::uint64_t>> next_index(std::string prefix, std::uint64_t index, Deadline deadline);
  Task<Result<Answer>> names(std::string prefix, std::uint64_t index, Deadline deadline);
  Task<Result<std::uint64_t>> index_after_deletion(std::vector<Operation> operations, Deadline deadline);
  Task<Result<std::uint64_t>> own_write(std::vector<Operation> operations, Error refusal, Deadline deadline);

  Client& client_;
  /// By prefix: the client's epoch in which wait() last saw the index by a plain read.
  std::map<std::string, std::uint64_t> confirmed_epochs_;
  Clock::time_point last_change_{};
};

}  // namespace dfp::registry::consul
