#pragma once
#include <vector>

#include "base/deadline.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "model/instance.hpp"
#include "registry/registration.hpp"

namespace dfp::registry {

/// The write side for instances: used by the API's register/deregister and by the registrator.
class Registrar {
 public:
  virtual ~Registrar() = default;

  /// Adds or replaces the instance with this (node, id). Durable when it returns, and in the catalog. A
  /// registry that has nodes of its own (Consul) puts its own node's name in place of the given one.
  virtual Task<Result<>> add(model::Instance instance, Deadline deadline) = 0;
  /// @return NotFound when there is no such instance.
  virtual Task<Result<>> remove(std::string service, std::string node, std::string id, Deadline deadline) = 0;

  /// add(), and what the registry is to do for the instance by itself: its checks and its lifetime. A
  /// registry that runs no checks leaves them out. Replaces an earlier one, and its checks and lifetime with
  /// it.
  virtual Task<Result<>> enroll(Registration registration, Deadline deadline);
  /// Begins the lifetime anew, and tells the instance's present health.
  /// @return NotFound when the instance is not there any more: enroll() it again.
  virtual Task<Result<>> renew(Registration registration, Deadline deadline);
  /// Every instance that remove() could remove here (with Consul: of the agent, not of the whole cluster),
  /// sorted by (node, id). @return Rejected where a registry cannot tell.
  virtual Task<Result<std::vector<model::Instance>>> registered(Deadline deadline);
};

}  // namespace dfp::registry
