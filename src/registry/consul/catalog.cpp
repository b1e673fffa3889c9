#include "registry/consul/catalog.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "registry/consul/health_json.hpp"
#include "registry/consul/rights.hpp"

namespace dfp::registry::consul {
namespace {

constexpr auto kHealthState = "/v1/health/state/any";

}  // namespace

Task<Result<std::vector<model::Instance>>> ConsulCatalog::instances(std::string service, Deadline deadline) {
  auto answer = co_await client_.read("/v1/health/service/" + text::percent_encode(service), deadline);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status != 200) co_return std::unexpected(refusal("read service " + service, *answer));
  auto instances = parse_health_answer(answer->body);
  if (instances && instances->empty()) {
    auto allowed = co_await check_may_read_service(&client_, service, deadline);
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

Task<Result<HealthReport>> ConsulCatalog::health(std::uint64_t index, Deadline deadline) {
  // An index from before a disturbance may belong to another history, in which it never comes.
  bool at_once = index == 0 || health_epoch_ != client_.epoch();
  auto asking = at_once ? client_.read(kHealthState, deadline) : client_.block(kHealthState, index, deadline);
  auto answer = co_await std::move(asking);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status != 200) co_return std::unexpected(refusal("read the health of all services", *answer));
  if (!at_once && answer->index == index) co_return fail(Errc::Timeout, "consul: no health changed in time");
  auto findings = parse_health_state(answer->body);
  if (!findings) co_return std::unexpected(findings.error());
  health_epoch_ = answer->epoch;
  co_return HealthReport{std::move(*findings), std::max<std::uint64_t>(answer->index, 1)};
}

}  // namespace dfp::registry::consul
