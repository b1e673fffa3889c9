#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/blocking.hpp"
#include "base/wait.hpp"
#include "haproxy/state/applied_state.hpp"
#include "haproxy/state/backend_pool.hpp"
#include "haproxy/state/traffic_book.hpp"
#include "haproxy/worker/master.hpp"
#include "metrics/metrics.hpp"

namespace dfp::haproxy {

/// Keeps the traffic of services and frontends, and gives it to the metrics. Read every five seconds, less
/// often where HAProxy needs more than a two-hundredth of that for the answer; a look at the metrics reads
/// nothing. Lives as long as the driver.
class TrafficReader {
 public:
  TrafficReader(Executor executor, Master& master, BlockingPool& pool, const AppliedState& applied,
                const BackendPool& backends, metrics::Registry& registry);
  ~TrafficReader();
  TrafficReader(const TrafficReader&) = delete;
  TrafficReader& operator=(const TrafficReader&) = delete;

  /// Reads from time to time until `stop` is notified and `stopping` is set. Both are `owner`'s, as is this.
  Task<> run(std::shared_ptr<const void> owner, Signal& stop, const bool& stopping);
  /// Reads once. Before a reload, so that little of what the worker has counted is lost with it. One reading
  /// after another: an older one that comes later would look like counters that were cleared.
  Task<> read(Deadline deadline);
  /// Answers to show_traffic() of backends at a moment when they are free.
  void take_freed(const std::vector<std::string>& replies);

 private:
  std::optional<std::string> owner_of(const std::string& backend) const;
  std::map<std::string, std::string> template_sections() const;

  AsyncMutex turn_;
  Master& master_;
  BlockingPool& pool_;
  const AppliedState& applied_;
  const BackendPool& backends_;
  metrics::Registry& registry_;
  TrafficBook book_;
};

}  // namespace dfp::haproxy
