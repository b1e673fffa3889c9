#pragma once
#include "base/deadline.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "model/instance.hpp"

namespace dfp::registry {

/// The write side for instances: used by the API's register/deregister and by the registrator.
class Registrar {
 public:
  virtual ~Registrar() = default;

  /// Adds or replaces the instance with this (node, id). Durable when it returns.
  virtual Task<Result<>> add(model::Instance instance, Deadline deadline) = 0;
  /// @return NotFound when there is no such instance.
  virtual Task<Result<>> remove(std::string service, std::string node, std::string id, Deadline deadline) = 0;
};

}  // namespace dfp::registry
