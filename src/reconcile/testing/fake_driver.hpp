#pragma once
#include <algorithm>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/wait.hpp"
#include "reconcile/proxy_driver.hpp"

namespace dfp::reconcile::testing {

/// A proxy in memory: remembers what it serves, and can be told to refuse whatever the real one can refuse: a
/// service that it cannot render, a removal, a change that is taken back, each at once or by its deadline.
class FakeDriver : public ProxyDriver {
 public:
  std::optional<std::string> trouble_now;
  std::optional<std::string> trouble() const override { return trouble_now; }
  Task<Result<model::DesiredState>> found(Deadline) override {
    if (auto failure = failure_of("found")) co_return std::unexpected(*failure);
    co_return running;
  }

  Task<Result<>> start(model::DesiredState state, Deadline deadline) override {
    ++starts;
    start_time = deadline.left();
    unfit_.clear();
    for (const auto& [name, service] : state.services)
      if (refuses(service)) unfit_.emplace(name, "haproxy: " + name + " cannot be rendered");
    if (!unfit_.empty()) co_return fail(Errc::Rejected, unfit_.begin()->second);
    was_emptied = was_emptied || state.services.empty();
    applied_ = std::move(state);
    co_return Result<>{};
  }

  std::map<std::string, std::string> unfit() const override {
    return tells_unfit ? unfit_ : std::map<std::string, std::string>{};
  }

  model::Plan plan(const model::Change& change) const override {
    model::Plan plan;
    for (const auto& [name, service] : change) {
      auto known = applied_.services.find(name);
      bool same =
          service && known != applied_.services.end() && known->second.definition == service->definition &&
          known->second.instances == service->instances && known->second.rendered == service->rendered;
      if (!same)
        plan.steps.push_back(
            {{name},
             service ? model::StepKind(model::step::AddDestination{}) : model::step::RemoveService{},
             model::Means::Runtime});
    }
    return plan;
  }

  Task<Result<>> examine(model::Change change, Deadline) override {
    if (auto failure = failure_of("examine")) co_return std::unexpected(*failure);
    for (const auto& [name, service] : change)
      if (service && refuses(*service))
        co_return fail(Errc::Rejected, "haproxy: " + name + " cannot be rendered");
    co_return Result<>{};
  }

  bool prepared(const model::Change& change) const override {
    return std::ranges::all_of(
        change, [&](const auto& one) { return !slow.contains(one.first) || ready_.contains(one.first); });
  }

  Task<Result<>> prepare(model::Change change, Deadline deadline) override {
    if (on_prepare) co_await on_prepare(change);
    for (const auto& [name, service] : change) ready_.insert(name);
    auto accepted = co_await examine(std::move(change), deadline);
    co_return accepted;
  }

  Task<Result<model::Plan>> apply(model::Change change, Deadline deadline) override {
    ++applies;
    if (!prepared(change)) ++unprepared;
    if (on_apply) co_await on_apply(change);
    auto accepted = co_await examine(change, deadline);
    if (!accepted) co_return std::unexpected(accepted.error());
    if (auto failed = next_outcome()) {
      if (on_failure) on_failure();
      if (failed->code == Errc::Timeout) co_await sleep_for(deadline.left());
      co_return std::unexpected(*failed);
    }
    auto planned = plan(change);
    for (auto& [name, service] : change) {
      if (service)
        applied_.services.insert_or_assign(name, std::move(*service));
      else
        applied_.services.erase(name);
    }
    co_return planned;
  }

  Task<Result<>> check(model::Instance instance, model::HealthCheck check, Deadline) override {
    ++checks;
    last_check = std::move(check);
    if (flaky > 0 && checks % flaky == 0) co_return fail(Errc::Rejected, "GET /health answered 503");
    if (sick.contains(instance.id)) co_return fail(Errc::Unavailable, "connection refused");
    co_return Result<>{};
  }

  Task<Result<Health>> health(std::set<std::string>, Deadline) const override {
    if (auto failure = failure_of("health")) co_return std::unexpected(*failure);
    co_return Health{};
  }
  std::vector<std::string> unhealthy(const std::string&) const override { return {}; }

  Task<Result<>> reload(bool recreate, RequestContext) override {
    if (auto failure = failure_of("reload")) co_return std::unexpected(*failure);
    ++(recreate ? recreations : reloads);
    co_return Result<>{};
  }

  Task<Result<std::vector<std::string>>> differences(Deadline) override {
    if (auto failure = failure_of("differences")) co_return std::unexpected(*failure);
    co_return drift;
  }

  const model::DesiredState& applied() const override { return applied_; }
  std::string config() const override { return "# fake\n"; }
  Task<> stop(Deadline) override { co_return; }

  std::map<std::string, Error> failures;  ///< call ("found", "reload", ...) -> how it fails
  std::vector<std::string> drift;         ///< what a live look finds
  std::set<std::string> refused;          ///< services that it cannot serve
  /// What the next applies come to, whatever they change: nothing is a success. A Timeout uses up the
  /// caller's deadline, as a reload does that HAProxy does not answer.
  std::deque<std::optional<Error>> outcomes;
  std::function<void()> on_failure;                      ///< called before such an apply fails
  std::function<Task<>(const model::Change&)> on_apply;  ///< looks at a change, or holds it up
  std::function<Task<>(const model::Change&)> on_prepare;
  std::set<std::string> slow;   ///< services that take their time to be prepared
  int unprepared = 0;           ///< applies of such a service that nobody had prepared
  std::set<std::string> sick;   ///< ids of instances whose check is bad
  model::DesiredState running;  ///< what it serves when the program starts
  /// Services that it cannot serve as this author has them.
  std::map<std::string, std::string> refused_by_author;
  bool was_emptied = false;  ///< at a start
  bool tells_unfit = false;  ///< which services kept a start from succeeding
  model::HealthCheck last_check;
  int flaky = 0;  ///< every check of this number is bad; 0: none
  int starts = 0;
  Clock::duration start_time{};  ///< that the last one was given
  int checks = 0;
  int applies = 0;
  int reloads = 0;      ///< as it is
  int recreations = 0;  ///< everything anew

 private:
  std::map<std::string, std::string> unfit_;

  std::optional<Error> failure_of(const std::string& call) const {
    auto found = failures.find(call);
    return found == failures.end() ? std::nullopt : std::optional(found->second);
  }

  bool refuses(const model::Service& service) const {
    const auto& name = service.definition.service;
    auto author = refused_by_author.find(name);
    return refused.contains(name) ||
           (author != refused_by_author.end() && author->second == service.changed_by);
  }

  std::optional<Error> next_outcome() {
    if (outcomes.empty()) return std::nullopt;
    auto outcome = std::move(outcomes.front());
    outcomes.pop_front();
    return outcome;
  }

  model::DesiredState applied_;
  std::set<std::string> ready_;
};

}  // namespace dfp::reconcile::testing
