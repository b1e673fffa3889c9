#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "metrics/metrics.hpp"
#include "model/health_check.hpp"
#include "net/endpoint.hpp"

namespace dfp::probe {

/// One server that is checked. `check` has its interval, timeout, rise and fall set.
struct Target {
  std::string server;  ///< its name, unique within its service
  net::Endpoint endpoint;
  model::HealthCheck check;
};

/// Checks servers again and again and says which of them are down.
///
/// A server counts as HAProxy counts: it is up at first and falls at its first bad check; later it falls
/// after `fall` bad ones in a row, and is up again after `rise` good ones (configuration manual 2.6, section
/// 5.2, "fall", "rise"). While checks say something new they follow each other four times as fast.
///
/// Cost: one connection per check, at most `per_second` checks begin in a second: where more would be due,
/// each server is checked less often. The first checks of many new servers are spread by the same limit. A
/// server has at most one check under way. Use from one executor.
class Prober {
 public:
  Prober(Executor executor, int per_second, metrics::Registry& registry);
  ~Prober();
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  /// Replaces what is checked of a service; none ends it. A server that was checked at this address keeps its
  /// health, with another check too.
  void set(const std::string& service, std::vector<Target> targets);
  /// What an earlier life of this program had taken out: these servers are down, once set() names them, until
  /// their first good check.
  void assume_down(const std::string& service, std::set<std::string> servers);

  /// Names of the servers of a service that are down.
  std::set<std::string> down(const std::string& service) const;
  /// server -> what its last bad check said, of those that are down.
  std::map<std::string, std::string> reasons(const std::string& service) const;

  /// Waits until down() may have changed for some service, or stop(). @return those services; none after
  /// stop().
  Task<std::set<std::string>> wait_for_changes();
  /// wait_for_changes() gives this service again: what it said could not be made true yet.
  void repeat(const std::string& service);

  /// Checks until stop(). Call once.
  Task<> run();
  /// Ends run(), and the checks under way.
  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with checks under way
};

}  // namespace dfp::probe
