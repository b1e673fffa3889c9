#include "registry/catalog.hpp"

#include "base/wait.hpp"

namespace dfp::registry {

Task<Result<std::vector<model::Instance>>> Catalog::instances_for(model::Definition definition, Freshness,
                                                                  Deadline deadline) {
  co_return co_await instances(definition.registered_name(), deadline);
}

Task<Result<HealthReport>> Catalog::health(std::uint64_t index, Deadline deadline) {
  if (index == 0) co_return HealthReport{{}, 1};
  co_await sleep_for(deadline.left());
  co_return fail(Errc::Timeout, "this registry knows no health of its instances");
}

Task<Result<AddressReport>> Catalog::addresses(std::uint64_t index, Deadline deadline) {
  if (index == 0) co_return AddressReport{{}, 1};
  co_await sleep_for(deadline.left());
  co_return fail(Errc::Timeout, "this registry does not know all its addresses");
}

}  // namespace dfp::registry
