#include "registry/registrar.hpp"

namespace dfp::registry {

// For registries that know neither checks nor lifetimes.

Task<Result<>> Registrar::enroll(Registration registration, Deadline deadline) {
  co_return co_await add(std::move(registration.instance), deadline);
}

Task<Result<>> Registrar::renew(Registration registration, Deadline deadline) {
  co_return co_await enroll(std::move(registration), deadline);
}

Task<Result<std::vector<model::Instance>>> Registrar::registered(Deadline) {
  co_return fail(Errc::Rejected, "this registry cannot list what was registered");
}

}  // namespace dfp::registry
