#pragma once
#include <memory>
#include <set>

#include "haproxy/driver/driver.hpp"
#include "haproxy/runtime/session.hpp"
#include "haproxy/state/applied_state.hpp"
#include "haproxy/state/backend_pool.hpp"
#include "probe/prober.hpp"

namespace dfp::haproxy {

/// What HAProxy says of its servers at this moment, in the words of services. Made for one question.
class ServiceHealth {
 public:
  ServiceHealth(const AppliedState& applied, const BackendPool& pool, const probe::Prober& prober,
                const config::Addresses& addresses)
      : applied_(applied), pool_(pool), prober_(prober), addresses_(addresses) {}

  /// @param session of its own. @return Unavailable, Timeout, Rejected
  Task<Result<Driver::Health>> read(std::unique_ptr<runtime::Session> session, std::set<std::string> services,
                                    Deadline deadline) const;

 private:
  std::vector<std::string> commands(const std::set<std::string>& services) const;
  void add(const std::string& reply, const std::set<std::string>& services, Driver::Health& health,
           Result<>& outcome) const;
  void add_unhealthy(const std::string& service, Driver::Health& health) const;

  const AppliedState& applied_;
  const BackendPool& pool_;
  const probe::Prober& prober_;
  const config::Addresses& addresses_;
};

}  // namespace dfp::haproxy
