#pragma once
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/wait.hpp"
#include "registry/catalog.hpp"
#include "registry/key_value.hpp"
#include "registry/registrar.hpp"

namespace dfp::registry::testing {

/// The operations of a registry, to aim a fault at.
enum class Call {
  Instances,
  Services,
  Health,
  Addresses,
  Get,
  List,
  Wait,
  Transact,
  Add,
  Remove,
  Enroll,
  Renew,
  Registered
};

/// A whole registry in memory, which can be told to misbehave. Passes the conformance suite. Like Consul it
/// keeps a key's version when the same value is written again. Use from its executor only.
class FakeRegistry : public Catalog, public KeyValue, public Registrar {
 public:
  explicit FakeRegistry(Executor executor) : changed_(std::move(executor)) {}

  Task<Result<std::vector<model::Instance>>> instances(std::string service, Deadline deadline) override;
  Task<Result<std::vector<std::string>>> services(Deadline deadline) override;
  Task<Result<HealthReport>> health(std::uint64_t index, Deadline deadline) override;
  Task<Result<AddressReport>> addresses(std::uint64_t index, Deadline deadline) override;
  Task<Result<std::optional<Entry>>> get(std::string key, Deadline deadline) override;
  Task<Result<Tree>> list(std::string prefix, Deadline deadline) override;
  Task<Result<std::uint64_t>> wait(std::string prefix, std::uint64_t index, Deadline deadline) override;
  Task<Result<std::uint64_t>> transact(std::vector<Operation> operations, Deadline deadline) override;
  Task<Result<>> add(model::Instance instance, Deadline deadline) override;
  Task<Result<>> remove(std::string service, std::string node, std::string id, Deadline deadline) override;
  Task<Result<>> enroll(Registration registration, Deadline deadline) override;
  Task<Result<>> renew(Registration registration, Deadline deadline) override;
  Task<Result<std::vector<model::Instance>>> registered(Deadline deadline) override;

  // What another client of the registry does; takes effect at once and never fails.
  void set(const std::string& key, std::string value);
  void erase(const std::string& key);
  std::optional<std::string> value(const std::string& key) const;
  void put_instance(model::Instance instance);
  void drop_instance(const std::string& node, const std::string& id);
  /// As it was enrolled or renewed last; nullptr when there is none.
  const Registration* registration(const std::string& node, const std::string& id) const;

  // Faults.
  /// The next `calls` operations (of one kind, or of any) fail without an effect. Replaces an earlier order.
  void fail_next(int calls, Error error = away(), std::optional<Call> only = std::nullopt);
  /// Everything fails until come_back(); calls that wait fail at once.
  void go_away();
  void come_back();
  /// The next `calls` instances(), services() and list() succeed with nothing in them.
  void answer_empty_next(int calls) { empty_ = calls; }
  /// The next `calls` transact(), add() and remove() take effect, yet end with Timeout.
  void lose_answer_next(int calls) { lost_ = calls; }
  /// Every operation takes this long; one whose deadline is nearer ends with Timeout and no effect.
  void delay_calls(Clock::duration span) { delay_ = span; }
  /// What a registry does that was restored from a backup: same contents, but versions begin anew.
  void restart_history();

  /// How often an operation was called, failed calls included.
  int calls(Call call) const;

 private:
  static Error away() { return {Errc::Unavailable, "registry: connection refused"}; }
  Task<Result<>> enter(Call call, Deadline deadline);
  std::optional<Error> fault(Call call);
  Result<> settle();
  bool changed_since(const std::string& prefix, std::uint64_t index) const;
  Result<> check(const Operation& operation) const;
  void apply(const Operation& operation);
  void write(const std::string& key, std::string value);
  std::uint64_t highest_version(const std::vector<Operation>& operations) const;

  Signal changed_;
  std::map<std::string, Entry> entries_;
  std::map<std::string, std::uint64_t> tombstones_;         ///< deleted key -> revision of its deletion
  using InstanceKey = std::pair<std::string, std::string>;  ///< (node, id)
  struct Enrolled {
    Registration registration;
    Deadline lapses;
  };
  void drop_lapsed();
  void enter_registration(Registration registration);
  std::map<InstanceKey, Enrolled> instances_;
  std::uint64_t revision_ = 1;

  int failures_ = 0;
  Error failure_ = away();
  std::optional<Call> failing_;
  bool away_ = false;
  int empty_ = 0;
  int lost_ = 0;
  Clock::duration delay_{0};
  std::map<Call, int> calls_;
};

}  // namespace dfp::registry::testing
