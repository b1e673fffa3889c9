#include "registry/consul/catalog.hpp"

#include "base/text.hpp"
#include "registry/consul/health_json.hpp"
#include "registry/consul/rights.hpp"

namespace dfp::registry::consul {

Task<Result<std::vector<model::Instance>>> ConsulCatalog::instances(std::string service, Deadline deadline) {
  auto answer = co_await client_.read("/v1/health/service/" + text::percent_encode(service), deadline);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status != 200) co_return std::unexpected(refusal("read service " + service, *answer));
  auto instances = parse_health_answer(answer->body);
  if (instances && instances->empty()) {
    auto allowed = co_await check_may_read_service(client_, service, deadline);
    if (!allowed) co_return std::unexpected(allowed.error());
  }
  co_return instances;
}

Task<Result<std::vector<std::string>>> ConsulCatalog::services(Deadline deadline) {
  auto answer = co_await client_.read("/v1/catalog/services", deadline);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status != 200) co_return std::unexpected(refusal("list services", *answer));
  co_return parse_services_answer(answer->body);
}

}  // namespace dfp::registry::consul
