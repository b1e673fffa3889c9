#pragma once
#include <optional>
#include <string>
#include <vector>

#include "registry/embedded/sqlite.hpp"
#include "registry/key_value.hpp"

/// The key-value side in SQL. Blocking; meanings and errors as in KeyValue.
namespace dfp::registry::embedded::kv_table {

Result<std::optional<Entry>> get(Connection& connection, const std::string& key);
Result<Tree> list(Connection& connection, const std::string& prefix);
Result<std::uint64_t> transact(Connection& connection, const std::vector<Operation>& operations);

/// The present index when something under `prefix` may have changed since `index`; std::nullopt when nothing
/// has.
Result<std::optional<std::uint64_t>> changed_since(Connection& connection, const std::string& prefix,
                                                   std::uint64_t index);

}  // namespace dfp::registry::embedded::kv_table
