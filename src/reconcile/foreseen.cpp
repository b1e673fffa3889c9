#include "reconcile/foreseen.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;

constexpr auto kPrepareTime = 15s;

}  // namespace

/// What a snapshot is going to change, as far as that can be told before the turn.
model::Change Foreseen::change_of(const registry::StoreSnapshot& snapshot) const {
  model::Change change;
  for (const auto& [name, stored] : snapshot.services) {
    const auto& record = shared_.ledger.of(name);
    if (record.version == stored.version || record.refused == stored.version) continue;
    if (model::validate(stored.service.definition)) change.emplace(name, stored.service);
  }
  return change;
}

/// All at once; one by one where the proxy refuses something, so that it is known what.
Task<> Foreseen::prepare(const registry::StoreSnapshot* snapshot) {
  auto change = change_of(*snapshot);
  if (change.empty()) co_return;
  auto ready = co_await shared_.driver.prepare(change, Deadline::after(kPrepareTime));
  if (ready || !is_refusal(ready.error())) co_return;
  for (auto& [name, service] : change) {
    model::Change one{{name, std::move(service)}};
    ready = co_await shared_.driver.prepare(std::move(one), Deadline::after(kPrepareTime));
    if (!ready && is_refusal(ready.error()))
      shared_.ledger.edit(name)->foreseen =
          Ledger::Refusal{snapshot->services.at(name).version, std::move(ready.error().what)};
  }
}

void Foreseen::drop_refusals(model::Change* change) {
  for (const auto& [name, refusal] : shared_.ledger.take_foreseen()) {
    auto found = change->find(name);
    if (found == change->end() || !found->second || shared_.ledger.of(name).version != refusal.version)
      continue;
    change->erase(found);
    shared_.note_refused(name, refusal.reason);
  }
}

}  // namespace dfp::reconcile
