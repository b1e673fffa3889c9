#include "registry/catalog.hpp"

namespace dfp::registry {

Task<Result<std::vector<model::Instance>>> Catalog::instances_for(model::Definition definition, Freshness,
                                                                  Deadline deadline) {
  co_return co_await instances(definition.registered_name(), deadline);
}

}  // namespace dfp::registry
