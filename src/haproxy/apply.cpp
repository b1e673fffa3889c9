#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "haproxy/addresses.hpp"
#include "haproxy/config/writer.hpp"
#include "haproxy/driver_impl.hpp"

namespace dfp::haproxy {
namespace {

bool has_host_names(const model::Change& change) {
  return std::ranges::any_of(change, [](const auto& entry) {
    return entry.second && std::ranges::any_of(entry.second->instances, [](const auto& instance) {
             return !config::is_ip_address(instance.address);
           });
  });
}

/// A change that counts on names that nobody knows would serve less than it says.
Result<> check_names(const model::Change& change, const config::Addresses& addresses) {
  for (const auto& [name, service] : change)
    if (service)
      for (const auto& instance : service->instances)
        if (!config::is_ip_address(instance.address) && !addresses.contains(instance.address))
          return fail(Errc::Rejected,
                      fmt::format("service {}: the host name {} of instance {} cannot be resolved", name,
                                  instance.address, instance.id));
  return {};
}

}  // namespace

Abilities Driver::Impl::abilities() const {
  return {base ? base->wildcard_depth : surroundings.wildcard_depth, bindings};
}

model::Plan Driver::Impl::plan(const model::Change& change) const {
  return plan_change(world, change, addresses, abilities());
}

std::string Driver::Impl::shown_config() {
  if (!base) return {};
  auto rendered = world.render(*base, surroundings.certificates, generation);
  if (!rendered) return {};
  std::string text;
  text.swap(rendered->find(config::kConfigFile)->second);
  for (const auto& [name, content] : *rendered)
    if (name != config::kConfigFile && !content.empty()) text += fmt::format("\n### {}\n{}", name, content);
  return text;
}

Task<Result<>> Driver::Impl::examine(model::Change change, Deadline deadline) {
  auto lock = co_await turn.lock();
  auto templates = co_await check_templates(&change, deadline);
  if (!templates) co_return templates;
  auto names = addresses;
  if (has_host_names(change)) {
    auto found = co_await resolve_names(executor, change, deadline);
    if (auto known = check_names(change, found); !known) co_return known;
    names.merge(found);
  }
  auto transition = world.change(change, names);
  if (!transition) co_return std::unexpected(transition.error());
  world.revert(*transition);
  co_return Result<>{};
}

Task<Result<model::Plan>> Driver::Impl::apply(model::Change change, Deadline deadline) {
  auto begin = Clock::now();
  auto lock = co_await turn.lock();
  if (stopping) co_return fail(Errc::Cancelled, "haproxy: the program is stopping");
  for (const auto& [name, service] : change)
    if (service)
      if (auto ok = World::check(*service); !ok) co_return std::unexpected(ok.error());
  auto templates = co_await check_templates(&change, deadline);
  if (!templates) co_return std::unexpected(templates.error());
  if (has_host_names(change)) {
    auto found = co_await resolve_names(executor, change, deadline);
    if (auto known = check_names(change, found); !known) co_return std::unexpected(known.error());
    found.merge(addresses);
    addresses = std::move(found);
  }
  auto plan = this->plan(change);
  Result<> done;
  if (plan.means() == model::Means::Nothing) {
    auto noted = world.change(change, addresses);  // revision and author only
    if (!noted) co_return std::unexpected(noted.error());
    co_return plan;
  }
  if (plan.means() == model::Means::Runtime) {
    done = co_await apply_at_runtime(change, deadline);
    if (!done && master.running() && !deadline.passed()) {
      plan.steps.push_back(
          {"reload", model::Means::Reload, "the runtime change failed: " + done.error().what});
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
  auto transition = world.change(change, addresses);
  if (!transition) co_return std::unexpected(transition.error());
  auto running = base;
  auto done = co_await reload("change", std::move(reason), true, deadline);
  if (!done) {
    world.revert(*transition);
    base = std::move(running);  // what is written to disk meanwhile must not hold the refused template
  }
  co_return done;
}

}  // namespace dfp::haproxy
