// Host names, while they are served: another address is followed without a request.
#include "base/log.hpp"
#include "haproxy/driver/driver_impl.hpp"
#include "haproxy/driver/template_names.hpp"

namespace dfp::haproxy {
namespace {
using namespace std::chrono_literals;

constexpr auto kLookTime = 10s;
constexpr auto kApplyTime = 30s;

/// The services of which an instance is registered under a name.
model::Change with_names(const AppliedState& applied_state) {
  model::Change change;
  for (const auto& [name, service] : applied_state.state().services)
    if (Names::used_by(service)) change.emplace(name, service);
  return change;
}

void log_barred(const model::Change& change, const config::Addresses& addresses) {
  for (const auto& [name, service] : change)
    for (const auto& instance : service->instances)
      if (addresses.is_barred(instance))
        log::warn("haproxy.instance_is_own_api",
                  {{"service", name}, {"instance", instance.id}, {"address", instance.address}});
}

}  // namespace

Task<> Driver::Impl::follow_names(Self self) {
  while (!self->stopping) {
    co_await self->stop_signal.wait(Deadline::after(Names::kLife));
    if (self->stopping) co_return;
    auto in_use = Names::in(with_names(self->applied_state));
    in_use.merge(names_in_templates(self->applied_state));
    if (in_use.empty()) continue;
    co_await self->names.look_up(in_use, Names::kLife / 2, Deadline::after(kLookTime));
    co_await self->follow_moved_names();
  }
}

/// In turn, so that what is applied again is what is served at that moment.
Task<> Driver::Impl::follow_moved_names() {
  auto lock = co_await turn.lock(Deadline::after(kApplyTime));
  if (!lock || stopping) co_return;
  auto change = with_names(applied_state);
  auto in_use = Names::in(change);
  in_use.merge(names_in_templates(applied_state));
  names.keep_only(in_use);
  co_await follow_template_names();
  std::erase_if(change, [&](const auto& entry) {
    return applied_state.backends_now(entry.first) ==
           applied_state.backends_for(*entry.second, names.addresses());
  });
  if (change.empty()) co_return;
  log_barred(change, names.addresses());
  log::info("haproxy.names_moved", {{"services", change.size()}});
  std::vector<std::string> moved;
  for (const auto& [name, service] : change) moved.push_back(name);
  auto applied = co_await apply_in_turn(std::move(change), Deadline::after(kApplyTime));
  watch_health(moved);
  if (!applied) log::warn("haproxy.names_not_followed", {{"error", applied.error().what}});
}

}  // namespace dfp::haproxy
