#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "registry/key_value.hpp"
#include "registry/template_source.hpp"

namespace dfp::registry::consul {

/// "/v1/kv/KEY".
std::string key_path(std::string_view key);

/// The answer of GET /v1/kv/KEY (a list of one) and of ?recurse: entries in byte order of keys. An empty
/// value is null there. @param body may be given more capacity. @return Rejected for what is no such answer.
Result<std::vector<Entry>> parse_kv_answer(std::string& body);

/// The same with all that Consul says of each key.
Result<std::vector<KeyRecord>> parse_key_records(std::string& body);

/// The body of PUT /v1/txn.
std::string render_transaction(const std::vector<Operation>& operations);

/// The answer of a transaction that was applied: the highest ModifyIndex in it, 0 when it wrote no key.
Result<std::uint64_t> parse_transaction_answer(std::string_view body);

/// The answer of a refused transaction (409). Conflict with Consul's words; Rejected when the token was not
/// enough.
Error parse_transaction_refusal(std::string_view body);

}  // namespace dfp::registry::consul
