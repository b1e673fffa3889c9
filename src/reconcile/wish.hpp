#pragma once
#include <optional>
#include <vector>

#include "model/plan.hpp"
#include "reconcile/health_gate.hpp"
#include "reconcile/orders.hpp"
#include "reconcile/origin.hpp"
#include "reconcile/request_context.hpp"

namespace dfp::reconcile {

/// What is asked for, and by whom. Pointers belong to the request, which outlives it.
struct Wish {
  model::Definition definition;
  Origin origin;
  HealthGate* gate = nullptr;  ///< what newcomers among the instances must have passed; nullptr: nothing
  std::optional<std::vector<model::Instance>> instances = {};  ///< these, whatever the catalog says
  RequestContext context = {};
  /// Where it is given: what has to be prepared first is put there, and nothing is changed.
  std::optional<model::Change>* to_prepare = nullptr;
  Orders::Ticket* ticket = nullptr;  ///< nullptr: no order, only what follows from the last one
};

}  // namespace dfp::reconcile
