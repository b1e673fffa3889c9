#include "registry/consul/rights.hpp"

#include "base/text.hpp"
#include "registry/consul/kv_json.hpp"

namespace dfp::registry::consul {

/// This endpoint answers 403, whether the service exists or not (verified with 1.8.7). Anything else, also
/// from an agent that has no such endpoint, is fine.
Task<Result<>> check_may_read_service(Client* client, std::string service, Deadline deadline) {
  auto target = "/v1/agent/health/service/name/" + text::percent_encode(service);
  auto answer = co_await client->read(std::move(target), deadline);
  if (answer && answer->status == 403) co_return std::unexpected(refusal("read service " + service, *answer));
  co_return Result<>{};
}

/// Keys are hidden in lists, but reading one by its name is refused.
Task<Result<>> check_may_read_keys(Client* client, std::string prefix, Deadline deadline) {
  auto answer = co_await client->read(key_path(prefix), deadline);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status == 403) co_return std::unexpected(refusal("list keys " + prefix, *answer));
  co_return Result<>{};
}

}  // namespace dfp::registry::consul
