#include "reconcile/shared.hpp"

#include "base/log.hpp"

namespace dfp::reconcile {

Shared::Shared(Executor executor_, registry::Catalog& catalog_, registry::DefinitionStore& store_,
               ProxyDriver& driver_, ReconcilerSettings settings_)
    : executor(executor_),
      catalog(catalog_),
      store(store_),
      driver(driver_),
      settings(std::move(settings_)),
      turn(executor_),
      stopping_signal(executor_),
      state(driver_.applied()),
      last_known(executor_, settings.last_known_file, state) {}

const model::Service* Shared::served(const std::string& name) const {
  auto present = state.services.find(name);
  return present == state.services.end() ? nullptr : &present->second;
}

const model::Service* Shared::agreed(const std::string& name) const {
  const auto& before = ledger.of(name).overtaken;
  if (!before) return served(name);
  return *before ? &**before : nullptr;
}

RequestContext Shared::limited(RequestContext context) const {
  context.deadline = context.deadline.min(Deadline::after(settings.request_timeout));
  return context;
}

void Shared::note_kept(const std::string& name) {
  const auto* service = served(name);
  ledger.edit(name)->not_refreshed.reset();
  if (service) ledger.edit(name)->quarantined.reset();
  when_kept(name, service);
  last_known.note(name);
}

void Shared::quarantine(const std::string& name, std::string reason) {
  if (ledger.of(name).quarantined == reason) return;
  log::error("reconcile.quarantined", {{"service", name}, {"error", reason}});
  ledger.edit(name)->quarantined = std::move(reason);
}

void Shared::note_refused(const std::string& name, const std::string& reason) {
  ledger.edit(name)->refuse(reason);
  log::error("reconcile.quarantined", {{"service", name}, {"error", reason}});
}

}  // namespace dfp::reconcile
