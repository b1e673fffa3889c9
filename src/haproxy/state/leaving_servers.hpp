#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/deadline.hpp"

namespace dfp::haproxy {

/// Servers on their way out: in maintenance, until their last connection has ended and they can be deleted.
class LeavingServers {
 public:
  struct Leaving {
    std::string backend;
    std::string server;
  };

  void add(const std::string& backend, const std::string& server, Clock::time_point now);
  bool contains(const std::string& backend, const std::string& server) const;
  bool any_of(const std::string& backend) const { return servers_.contains(backend); }
  /// @return whether it was the backend's last
  bool erase(const std::string& backend, const std::string& server);

  /// At most `limit` whose next try to delete them is due; each is due again later and later.
  std::vector<Leaving> due(Clock::time_point now, std::size_t limit);
  /// When the next one is due; Clock::time_point::max() where there is none.
  Clock::time_point next_due() const;
  std::size_t count() const;
  std::vector<Leaving> all() const;

 private:
  struct Retry {
    Clock::time_point at;
    Clock::duration pause;
  };
  std::map<std::string, std::map<std::string, Retry>> servers_;  ///< backend -> server
};

}  // namespace dfp::haproxy
