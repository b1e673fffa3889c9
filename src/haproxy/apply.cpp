#include <fmt/format.h>

#include "haproxy/addresses.hpp"
#include "haproxy/config/writer.hpp"
#include "haproxy/driver_impl.hpp"

namespace dfp::haproxy {
namespace {

/// A change that has to fall back on names that nobody knows would serve less than it says.
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

model::Plan Driver::Impl::plan(const model::Change& change) const {
  Abilities abilities;  // a reload for everything
  auto plan = plan_change(world, change, addresses, abilities);
  for (auto& step : plan.steps) {
    step.means = model::Means::Reload;
    if (step.reason.empty()) step.reason = "changes are applied by reload";
  }
  return plan;
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

Task<Result<model::Plan>> Driver::Impl::apply(model::Change change, Deadline deadline) {
  auto lock = co_await turn.lock();
  auto found = co_await resolve_names(executor, change, deadline);
  if (auto known = check_names(change, found); !known) co_return std::unexpected(known.error());
  auto plan = this->plan(change);
  auto transition = world.change(change, found);
  if (!transition) co_return std::unexpected(transition.error());
  if (plan.means() == model::Means::Nothing) co_return plan;
  auto done = co_await reload(plan.reason(), deadline);
  if (!done) {
    world.revert(*transition);
    co_return std::unexpected(done.error());
  }
  found.merge(addresses);
  addresses = std::move(found);
  co_return std::move(plan);
}

}  // namespace dfp::haproxy
