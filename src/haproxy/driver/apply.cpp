#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "haproxy/config/secrets.hpp"
#include "haproxy/driver/driver_impl.hpp"
#include "haproxy/driver/template_names.hpp"
#include "haproxy/state/found_services.hpp"

namespace dfp::haproxy {

Abilities Driver::Impl::abilities() const {
  return {base ? base->lookups : surroundings.lookups, backend_pool};
}

model::Plan Driver::Impl::plan(const model::Change& change) const {
  return plan_change(applied_state, change, names.addresses(), abilities());
}

std::string Driver::Impl::shown_config() {
  if (!base) return {};
  auto rendered = applied_state.render(*base, surroundings.certificates, generation);
  if (!rendered) return {};
  std::string text;
  text.swap(rendered->find(config::kConfigFile)->second);
  for (const auto& [name, content] : *rendered)
    if (name != config::kConfigFile && name != config::kHandOverMap && name != kTemplatesFile &&
        !content.empty())
      text += fmt::format("\n### {}\n{}", name, content);
  return config::mask_secrets(text);
}

Task<Result<>> Driver::Impl::examine(model::Change change, Deadline deadline) {
  co_await names.look_up(names_in(applied_state, change), Names::kLife, deadline);
  auto templates = co_await check_templates(&change, deadline);
  if (!templates) co_return templates;
  auto lock = co_await turn.lock(deadline);
  if (!lock) co_return std::unexpected(lock.error());
  auto apart = applied_state.check_apart(change);  // the applied state may be another one by now
  if (!apart) co_return apart;
  auto transition = applied_state.change(change, names.addresses());
  if (!transition) co_return std::unexpected(transition.error());
  applied_state.revert(*transition);
  co_return Result<>{};
}

/// Names that were looked up for an earlier change of the same services, or by prepare(), cost nothing here.
Task<Result<model::Plan>> Driver::Impl::apply(model::Change change, Deadline deadline) {
  auto resolved = deadline.min(Deadline::after(Names::kLongest));
  co_await names.look_up(names_in(applied_state, change), Names::kLife, resolved);
  if (must_wait_for_room(change)) {
    auto room = co_await await_room(deadline);
    if (!room) co_return std::unexpected(room.error());
  }
  auto lock = co_await turn.lock(deadline);
  if (!lock) co_return fail("haproxy: the worker is busy", lock.error());
  auto applied = co_await apply_in_turn(std::move(change), deadline);
  co_return applied;
}

Task<Result<model::Plan>> Driver::Impl::apply_in_turn(model::Change change, Deadline deadline) {
  auto begin = Clock::now();
  if (stopping) co_return fail(Errc::Cancelled, "haproxy: the program is stopping");
  for (const auto& [name, service] : change)
    if (service)
      if (auto ok = AppliedState::check(*service); !ok) co_return std::unexpected(ok.error());
  auto templates = co_await check_templates(&change, deadline);
  if (!templates) co_return std::unexpected(templates.error());
  auto plan = this->plan(change);
  Result<> done;
  if (plan.means() == model::Means::Nothing) {
    auto noted = applied_state.change(change, names.addresses());  // revision and author only
    if (!noted) co_return std::unexpected(noted.error());
    co_return plan;
  }
  if (plan.means() == model::Means::Runtime) {
    done = co_await apply_at_runtime(change, deadline);
    if (!done && master.running() && !deadline.passed()) {
      plan.steps.push_back({{},
                            model::step::ReloadInstead{},
                            model::Means::Reload,
                            "the runtime change failed: " + done.error().what});
      log::warn("haproxy.runtime_failed", {{"error", done.error().what}});
    }
  }
  if (plan.means() == model::Means::Reload)
    done = co_await apply_by_reload(std::move(change), plan.reason(), deadline);
  if (!done) co_return std::unexpected(done.error());
  counters.apply_seconds.observe(std::chrono::duration<double>(Clock::now() - begin).count());
  update_gauges();
  co_return std::move(plan);
}

Task<Result<>> Driver::Impl::apply_by_reload(model::Change change, std::string reason, Deadline deadline) {
  auto transition = applied_state.change(change, names.addresses());
  if (!transition) co_return std::unexpected(transition.error());
  auto running = base;
  auto done = co_await reload("change", std::move(reason), true, deadline);
  if (!done) {
    applied_state.revert(*transition);
    base = std::move(running);  // what is written to disk meanwhile must not hold the refused template
    co_await relieve_ending_worker();
  }
  co_return done;
}

}  // namespace dfp::haproxy
