#pragma once
#include <optional>
#include <set>
#include <string>

#include "base/deadline.hpp"
#include "base/task.hpp"
#include "haproxy/config/backend.hpp"
#include "haproxy/state/applied_state.hpp"
#include "model/plan.hpp"
#include "reconcile/proxy_driver.hpp"

namespace dfp::haproxy {

/// Addresses of the host names under which instances are registered, and of those in templates. Names are
/// looked up by those who want to use them, and again while they are used. A name that is not known any more
/// keeps its last address: that the name server is away is no reason to stop serving.
class Names {
 public:
  using State = reconcile::ProxyDriver::NameState;
  static constexpr auto kLife = std::chrono::seconds(10);  ///< how long an answer is believed
  /// What a change or a start may wait for in all, however many names it has; the others come later.
  static constexpr auto kLongest = std::chrono::seconds(3);

  /// @param is_own_api no name is followed there
  Names(Executor executor, IsOwnApi is_own_api)
      : executor_(std::move(executor)), addresses_{{}, std::move(is_own_api)} {}

  /// Whether an instance of it is registered under a name.
  static bool used_by(const model::Service& service);
  /// The host names in a change; all of its instances that are not registered with an address.
  static std::set<std::string> in(const model::Change& change);
  /// The host names in a template: of the servers whose addresses HAProxy is given, and of those that may be
  /// the proxy's own API.
  static std::set<std::string> in(const config::Fragment& fragment);

  /// Looks those up whose last answer is older than `age`, many at once, each for a second at most; failures
  /// are believed for three seconds in any case. Several calls may be under way.
  Task<> look_up(std::set<std::string> names, Clock::duration age, Deadline deadline);
  /// Whether look_up() would have nothing to do.
  bool are_fresh(const std::set<std::string>& names, Clock::duration age) const;

  /// What HAProxy may be given for an instance.
  const config::Addresses& addresses() const { return addresses_; }
  /// nullopt for an instance that needs no name, or whose name was never looked up. One that is our own API
  /// has no address, but a problem.
  std::optional<State> state(const model::Instance& instance) const;
  /// Servers of templates whose names have no address: each service, line and name once, while that lasts.
  void log_servers_without_address(const AppliedState& applied_state);
  /// An address that an earlier life found, for a name that is not known yet.
  void remember(const std::string& name, const std::string& address);
  /// Forgets all other names, but those that were looked up just now: for a change that is on its way.
  void keep_only(const std::set<std::string>& names);

 private:
  struct Entry {
    State state;
    Clock::time_point asked;
  };
  bool is_fresh(const std::string& name, Clock::duration age) const;
  Task<> look_up_one(std::string name, Deadline deadline);
  void note(const std::string& name, const std::string& address, std::string problem);

  Executor executor_;
  std::map<std::string, Entry> entries_;
  config::Addresses addresses_;
  std::set<std::string> without_address_;  ///< what was logged
};

}  // namespace dfp::haproxy
