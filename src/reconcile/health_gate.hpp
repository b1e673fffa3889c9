#pragma once
#include <compare>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/deadline.hpp"
#include "reconcile/proxy_driver.hpp"

namespace dfp::reconcile {

/// Lets instances through that have had a good health check. One gate serves one request; use from one
/// executor.
class HealthGate {
 public:
  /// `driver` must outlive the gate. @param deadline until when checks are repeated
  HealthGate(ProxyDriver& driver, Deadline deadline) : driver_(driver), deadline_(deadline) {}

  /// Checks those that have not passed yet, several at once, each a single time.
  /// @return Conflict naming the first that is not healthy, with the reason.
  /// An instance passes after as many good checks in a row as its checkRise says (one, where it says none),
  /// in as many calls.
  Task<Result<>> check(model::Definition definition, std::vector<model::Instance> instances);
  /// Whether all of them have passed. @return Conflict naming the first that has not.
  Result<> admit(const std::vector<model::Instance>& instances);

  /// admit() has refused an instance that came after the last check(): check again.
  bool surprised() const { return surprised_; }
  Deadline deadline() const { return deadline_; }

 private:
  /// What was checked: another address is another server.
  struct Key {
    std::string node, id, address;
    std::uint16_t port = 0;
    auto operator<=>(const Key&) const = default;
  };
  static Key key_of(const model::Instance& instance) {
    return {instance.node, instance.id, instance.address, instance.port};
  }

  struct Candidate {
    model::Instance instance;
    model::HealthCheck check;
    std::optional<Error> fault;
  };
  /// Counts a good check of the candidate, or notes the fault. It belongs to check().
  Task<> check_one(Candidate* candidate);

  ProxyDriver& driver_;
  Deadline deadline_;
  std::map<Key, int> good_;  // checks in a row
  std::set<Key> passed_;
  bool surprised_ = false;
};

}  // namespace dfp::reconcile
