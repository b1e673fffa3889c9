// What takes its time before a change of others can be applied (host names, checks of templates) is done
// before the turn is taken, so that nobody waits for it.
#include "base/log.hpp"
#include "reconcile/reconciler_impl.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;

constexpr auto kPrepareTime = 15s;

}  // namespace

/// What a snapshot is going to change, as far as that can be told before the turn.
model::Change Reconciler::Impl::foreseen(const registry::StoreSnapshot& snapshot) const {
  model::Change change;
  for (const auto& [name, stored] : snapshot.services) {
    const auto& record = ledger.of(name);
    if (record.version == stored.version || record.refused == stored.version) continue;
    if (model::validate(stored.service.definition)) change.emplace(name, stored.service);
  }
  return change;
}

/// All at once; one by one where the proxy refuses something, so that it is known what.
Task<> Reconciler::Impl::prepare_foreseen(const registry::StoreSnapshot* snapshot) {
  auto change = foreseen(*snapshot);
  if (change.empty()) co_return;
  auto ready = co_await driver.prepare(change, Deadline::after(kPrepareTime));
  if (ready || !is_refusal(ready.error())) co_return;
  for (auto& [name, service] : change) {
    model::Change one{{name, std::move(service)}};
    ready = co_await driver.prepare(std::move(one), Deadline::after(kPrepareTime));
    if (!ready && is_refusal(ready.error()))
      ledger.edit(name)->foreseen =
          Ledger::Refusal{snapshot->services.at(name).version, std::move(ready.error().what)};
  }
}

/// Those of a change that are known to be refused are quarantined without another try.
void Reconciler::Impl::drop_foreseen_refusals(model::Change* change) {
  for (const auto& [name, refusal] : ledger.take_foreseen()) {
    auto found = change->find(name);
    if (found == change->end() || !found->second || ledger.of(name).version != refusal.version) continue;
    change->erase(found);
    note_refused(name, refusal.reason);
  }
}

}  // namespace dfp::reconcile
