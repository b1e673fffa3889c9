#include "reconcile/store_writer.hpp"

#include <fmt/ranges.h>

#include "base/log.hpp"
#include "reconcile/origin.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;

constexpr auto kStoreTimeout = 5s;  ///< one write that is made again

}  // namespace

Task<Result<bool>> StoreWriter::still_stored(std::string name, Deadline deadline) {
  auto stored = co_await shared_.store.holds(name, shared_.ledger.of(name).known_version(), deadline);
  co_return stored;
}

Task<Result<>> StoreWriter::keep(const model::Service* next, registry::ClaimWrite claim, Deadline deadline) {
  const auto& name = next->definition.service;
  auto version = co_await shared_.store.put(*next, shared_.ledger.of(name).known_version(), deadline, claim);
  if (!version) co_return std::unexpected(version.error());
  note_own_write(name, *version);
  owners_.note_claim(name, claim, *version);
  shared_.ledger.edit(name)->keep(*version);
  shared_.note_kept(name);
  co_return Result<>{};
}

Task<Result<>> StoreWriter::keep_again() {
  auto names = shared_.ledger.unkept();
  for (const auto& name : names) {
    auto present = shared_.state.services.find(name);
    if (present == shared_.state.services.end() ||
        !Origin::policy_of(present->second.changed_by).has_record) {
      shared_.ledger.edit(name)->unkept = false;
      continue;
    }
    registry::ClaimWrite claim{.renew = true};  // unguarded: of two proxies that do this the older wins
    auto version = co_await shared_.store.put(present->second, shared_.ledger.of(name).known_version(),
                                              Deadline::after(kStoreTimeout), claim);
    if (!version && version.error().code != Errc::Conflict)
      co_return fail(fmt::format("keeping {} again", name), version.error());
    shared_.ledger.edit(name)->unkept = false;
    if (!version) continue;
    note_own_write(name, *version);
    owners_.note_claim(name, claim, *version);
    shared_.ledger.edit(name)->keep(*version);
    log::info("reconcile.stored_again", {{"service", name}});
  }
  co_return Result<>{};
}

Task<Result<>> StoreWriter::remove(std::string service, Deadline deadline) {
  auto version = co_await shared_.store.remove(service, deadline);
  if (!version) co_return std::unexpected(version.error());
  note_own_write(service, *version);
  shared_.ledger.edit(service)->remove();
  co_return Result<>{};
}

Task<Error> StoreWriter::put_back(model::Service service, Error refusal) {
  auto name = service.definition.service;
  registry::ClaimWrite claim{.renew = true};
  auto restored = co_await shared_.store.put(std::move(service), 0,
                                             Deadline::after(shared_.settings.request_timeout), claim);
  if (!restored) {
    log::error("reconcile.not_put_back", {{"service", name}, {"error", restored.error().what}});
    refusal.what += fmt::format("; it is no longer in the registry and will be removed at the next read: {}",
                                restored.error().what);
    co_return refusal;
  }
  note_own_write(name, *restored);
  owners_.note_claim(name, claim, *restored);
  shared_.ledger.edit(name)->keep(*restored);
  co_return refusal;
}

Task<> StoreWriter::undo(model::Change before) {
  std::vector<std::string> names;
  for (const auto& [name, service] : before) names.push_back(name);
  auto undone =
      co_await shared_.driver.apply(std::move(before), Deadline::after(shared_.settings.request_timeout));
  shared_.last_known.touch();
  if (!undone)
    log::error("reconcile.undo_failed",
               {{"services", fmt::format("{}", fmt::join(names, ","))}, {"error", undone.error().what}});
}

Task<> StoreWriter::undo_overtaken() {
  auto before = shared_.ledger.take_overtaken();
  if (!before.empty()) co_await undo(std::move(before));
}

void StoreWriter::note_own_write(const std::string& name, std::uint64_t version) {
  shared_.ledger.wrote(name, version);
  losses_.note_known(name);
}

}  // namespace dfp::reconcile
