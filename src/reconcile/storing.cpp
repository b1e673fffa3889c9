// What is kept in the definition store, and how a change is undone that could not be kept.
#include <fmt/ranges.h>

#include <algorithm>

#include "base/log.hpp"
#include "reconcile/reconciler_impl.hpp"

namespace dfp::reconcile {

/// What is in force here may be older than what another proxy has kept: an order that changes nothing is
/// acknowledged only where the registry still says the same.
Task<Result<bool>> Reconciler::Impl::still_stored(std::string name, Deadline deadline) {
  auto stored = co_await store.holds(name, ledger.of(name).known_version(), deadline);
  co_return stored;
}

Task<Result<>> Reconciler::Impl::keep(const model::Service* next, registry::ClaimWrite claim,
                                      Deadline deadline) {
  const auto& name = next->definition.service;
  auto version = co_await store.put(*next, ledger.of(name).known_version(), deadline, claim);
  if (!version) co_return std::unexpected(version.error());
  note_own_write(name, *version);
  owners.note_claim(name, claim, *version);
  ledger.edit(name)->keep(*version);
  note_kept(name);
  co_return Result<>{};
}

/// The registry gets the record again of a service that the proxy could not remove; this has a time of its
/// own, as the refusal may have used up the request's. Where that fails the service goes after all, with the
/// next look at the definition store, here and in the other proxies.
/// @return what the caller of remove is told.
Task<Error> Reconciler::Impl::put_back(model::Service service, Error refusal) {
  auto name = service.definition.service;
  registry::ClaimWrite claim{.renew = true};
  auto restored = co_await store.put(std::move(service), 0, Deadline::after(settings.request_timeout), claim);
  if (!restored) {
    log::error("reconcile.not_put_back", {{"service", name}, {"error", restored.error().what}});
    refusal.what += fmt::format("; it is no longer in the registry and will be removed at the next read: {}",
                                restored.error().what);
    co_return refusal;
  }
  note_own_write(name, *restored);
  owners.note_claim(name, claim, *restored);
  ledger.edit(name)->keep(*restored);
  co_return refusal;
}

Task<> Reconciler::Impl::undo(model::Change before) {
  std::vector<std::string> names;
  for (const auto& [name, service] : before) names.push_back(name);
  auto undone = co_await driver.apply(std::move(before), Deadline::after(settings.request_timeout));
  last_known.touch();
  if (!undone)
    log::error("reconcile.undo_failed",
               {{"services", fmt::format("{}", fmt::join(names, ","))}, {"error", undone.error().what}});
}

Task<> Reconciler::Impl::undo_overtaken() {
  auto before = ledger.take_overtaken();
  if (!before.empty()) co_await undo(std::move(before));
}

void Reconciler::Impl::note_own_write(const std::string& name, std::uint64_t version) {
  ledger.wrote(name, version);
  losses.note_known(name);
}

}  // namespace dfp::reconcile
