#pragma once
#include <memory>

#include "haproxy/config/settings.hpp"
#include "metrics/metrics.hpp"
#include "reconcile/proxy_driver.hpp"

namespace dfp::haproxy {

/// The proxy as one HAProxy in master-worker mode. Its files on disk are always a valid configuration;
/// HAProxy lives on when this program dies and is found again by the next start in the same run directory.
class Driver final : public reconcile::ProxyDriver {
 public:
  Driver(Executor executor, Settings settings, metrics::Registry& registry = metrics::process_registry());
  ~Driver() override;

  Task<Result<model::DesiredState>> found(Deadline deadline) override;
  /// @return InvalidArgument for a setting; NotFound without HAProxy; Conflict when a port or the run
  /// directory is taken; Rejected naming a service that HAProxy cannot serve; Timeout.
  Task<Result<>> start(model::DesiredState state, Deadline deadline) override;
  model::Plan plan(const model::Change& change) const override;
  Task<Result<model::Plan>> apply(model::Change change, Deadline deadline) override;
  Task<Result<>> prepare(model::Change change, Deadline deadline) override;
  bool prepared(const model::Change& change) const override;
  std::optional<NameState> name_state(const model::Instance& instance) const override;
  Task<Result<>> examine(model::Change change, Deadline deadline) override;
  Task<Result<>> check(model::Instance instance, model::HealthCheck check, Deadline deadline) override;
  std::vector<std::string> unhealthy(const std::string& service) const override;
  Task<Result<Health>> health(std::set<std::string> services, Deadline deadline) const override;
  std::map<std::string, std::string> unfit() const override;
  std::optional<std::string> trouble() const override;
  const model::DesiredState& applied() const override;
  Task<Result<std::vector<std::string>>> differences(Deadline deadline) override;
  std::string config() const override;
  std::string template_check() const override;
  Task<> stop(Deadline deadline) override;

  /// Ends our work and leaves HAProxy running, for the next start in this run directory to take over.
  Task<> detach();

  Task<Result<>> reload(bool recreate, reconcile::RequestContext context) override;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // shared with its background tasks
};

}  // namespace dfp::haproxy
