#include "registry/consul/catalog.hpp"

#include "base/text.hpp"
#include "registry/consul/health_json.hpp"

namespace dfp::registry::consul {

Task<Result<std::vector<model::Instance>>> ConsulCatalog::instances(std::string service, Deadline deadline) {
  auto answer = co_await client_.read("/v1/health/service/" + text::percent_encode(service), deadline);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status != 200) co_return std::unexpected(refusal("read service " + service, *answer));
  auto instances = parse_health_answer(answer->body);
  if (instances && instances->empty()) {
    auto allowed = co_await check_may_read(service, deadline);
    if (!allowed) co_return std::unexpected(allowed.error());
  }
  co_return instances;
}

/// Consul filters what a token may not read out of lists without a word, but this endpoint answers 403 then,
/// whether the service exists or not (verified with 1.8.7). Anything else, also from an agent that has no
/// such endpoint, is fine.
Task<Result<>> ConsulCatalog::check_may_read(std::string service, Deadline deadline) {
  auto target = "/v1/agent/health/service/name/" + text::percent_encode(service);
  auto answer = co_await client_.read(std::move(target), deadline);
  if (answer && answer->status == 403) co_return std::unexpected(refusal("read service " + service, *answer));
  co_return Result<>{};
}

Task<Result<std::vector<std::string>>> ConsulCatalog::services(Deadline deadline) {
  auto answer = co_await client_.read("/v1/catalog/services", deadline);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status != 200) co_return std::unexpected(refusal("list services", *answer));
  co_return parse_services_answer(answer->body);
}

}  // namespace dfp::registry::consul
