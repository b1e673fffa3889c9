#pragma once
#include <string>
#include <vector>

#include "reconcile/contents.hpp"
#include "reconcile/route_owners.hpp"
#include "reconcile/shared.hpp"
#include "reconcile/wish.hpp"

namespace dfp::reconcile {

/// The service that a wish leads to, and whether it may replace what is served. Changes nothing.
class NextService {
 public:
  NextService(Shared& shared, Contents& contents, RouteOwners& owners)
      : shared_(shared), contents_(contents), owners_(owners) {}

  /// The service as it will be kept. @return why the request is refused: InvalidArgument; Conflict (a route
  /// of another service, the last instance would vanish, a newcomer is not healthy); as Contents::fill()
  Task<Result<model::Service>> make(Wish wish);
  /// Refuses a service of which not one instance has an address. One that has none leaves the others serving.
  Result<> has_an_address(const model::Service& next) const;
  /// Instances that the service does not have now.
  std::vector<model::Instance> newcomers(const std::string& service,
                                         const std::vector<model::Instance>& instances) const;

 private:
  Result<> would_stop_serving(const model::Service& next) const;

  Shared& shared_;
  Contents& contents_;
  RouteOwners& owners_;
};

}  // namespace dfp::reconcile
