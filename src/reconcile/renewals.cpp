#include "reconcile/renewals.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "reconcile/change_time.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;

/// Watches of one key end their quiet time within this, however many templates have to be rendered.
constexpr auto kGather = 100ms;

}  // namespace

struct Renewals::Batch {
  explicit Batch(const Executor& executor) : ended(executor) {}
  void end(const std::string& name, Result<> how) {
    waiting.erase(name);
    results.insert_or_assign(name, std::move(how));
  }
  std::set<std::string> waiting;
  std::map<std::string, Result<>> results;
  Signal ended;
  Deadline deadline = Deadline::never();
};

Task<Result<Look>> Renewals::look(model::Definition definition, std::chrono::system_clock::time_point now,
                                  Deadline deadline) {
  co_return co_await parts_.contents.look(std::move(definition), now, deadline);
}

Task<Result<>> Renewals::changed(model::Definition definition, std::shared_ptr<const Look> look,
                                 Deadline deadline) {
  co_return co_await parts_.contents.changed(std::move(definition), std::move(look), deadline);
}

Task<Result<>> Renewals::renew(std::string name) {
  bool first = !gathering_;
  if (first) gathering_ = std::make_shared<Batch>(shared_.executor);
  auto batch = gathering_;
  batch->waiting.insert(name);
  if (first) co_await renew_together(batch);
  auto limit = Deadline::after(2 * shared_.settings.request_timeout);
  while (!batch->results.contains(name) && !limit.passed()) co_await batch->ended.wait(limit);
  auto result = batch->results.find(name);
  if (result != batch->results.end()) co_return result->second;
  co_return fail(Errc::Timeout, "timed out waiting for other requests");
}

Task<> Renewals::renew_together(std::shared_ptr<Batch> batch) {
  co_await shared_.stopping_signal.wait(Deadline::after(kGather));
  batch->deadline = Deadline::after(shared_.settings.request_timeout);
  co_await prepare(batch);
  auto lock = co_await shared_.turn.lock(batch->deadline);
  gathering_.reset();
  Result<> done;
  if (!lock) done = std::unexpected(lock.error());
  for (int attempt = 1; done && !batch->waiting.empty() && attempt <= Shared::kAttempts; ++attempt) {
    done = co_await catch_up(batch->deadline);
    co_await parts_.writer.undo_overtaken();
    if (done) co_await renew_round(batch);
  }
  co_await parts_.writer.undo_overtaken();
  for (const auto& name : std::set(batch->waiting))
    batch->end(name, done ? fail(Errc::Conflict, fmt::format("another proxy keeps changing service {}", name))
                          : done);
  batch->ended.notify_all();
}

/// Before the turn: names are looked up and texts checked; what is refused does not take it at all.
Task<> Renewals::prepare(std::shared_ptr<Batch> batch) {
  std::set<std::string> seen;
  auto is_new = [&](const std::string& name) { return !seen.contains(name); };
  for (;;) {
    auto next_name = std::ranges::find_if(batch->waiting, is_new);
    if (next_name == batch->waiting.end()) co_return;
    auto name = *seen.insert(*next_name).first;
    auto next = co_await renewed(name, batch->deadline);
    if (!next || !*next) continue;  // found out again in turn
    model::Change one{{name, std::move(**next)}};
    auto ready = co_await shared_.driver.prepare(std::move(one), batch->deadline);
    if (!ready && is_refusal(ready.error())) batch->end(name, std::move(ready));
  }
}

/// Takes over what other proxies have kept.
Task<Result<>> Renewals::catch_up(Deadline deadline) {
  auto snapshot = co_await parts_.store.load(deadline);
  if (!snapshot) co_return std::unexpected(snapshot.error());
  // Who has lost the definitions has lost the instances too.
  if (snapshot->blank)
    co_return fail(Errc::Unavailable, "the registry has lost everything; what was served stays");
  auto done = co_await parts_.store.converge(std::move(*snapshot));
  co_return done;
}

Task<> Renewals::renew_round(std::shared_ptr<Batch> batch) {
  std::vector<model::Service> due;
  for (const auto& name : std::set(batch->waiting)) {
    auto next = co_await renewed(name, batch->deadline);
    if (next && *next)
      due.push_back(std::move(**next));
    else
      batch->end(name, next ? Result<>{} : std::unexpected(next.error()));
  }
  if (!due.empty()) co_await serve(batch, std::move(due));
}

/// @return nullopt when the service is as the registry says, or not served any more.
Task<Result<std::optional<model::Service>>> Renewals::renewed(std::string name, Deadline deadline) {
  const auto* present = shared_.served(name);
  if (shared_.stopping || !present) co_return std::nullopt;
  auto now = parse_change_time(present->changed_at);
  auto look = co_await this->look(present->definition, now, deadline);
  if (!look) co_return std::unexpected(look.error());
  if (look->same_content({present->instances, present->rendered})) co_return std::nullopt;
  Wish wish{present->definition, Origin::watch(present->changed_by)};
  wish.context.deadline = deadline;
  auto next = co_await parts_.next_service.make(std::move(wish));
  if (!next) co_return std::unexpected(next.error());
  if (auto usable = parts_.next_service.has_an_address(*next); !usable)
    co_return std::unexpected(usable.error());
  co_return std::move(*next);
}

/// Where the proxy refuses them together, each is tried for itself. Those that another writer was faster with
/// go on waiting.
Task<> Renewals::serve(std::shared_ptr<Batch> batch, std::vector<model::Service> due) {
  model::Change change;
  model::Change before;
  std::map<std::string, registry::ClaimWrite> claim_of;
  for (const auto& next : due) {
    change.emplace(next.definition.service, next);
    claim_of.emplace(next.definition.service, parts_.owners.claim_for(next));
  }
  for (const auto& [name, next] : change) before.emplace(name, *shared_.served(name));
  auto plan = co_await shared_.driver.apply(change, batch->deadline);
  if (!plan && due.size() > 1 && is_refusal(plan.error())) {
    for (auto& next : due) {
      std::vector<model::Service> one{std::move(next)};
      co_await serve(batch, std::move(one));
    }
    co_return;
  }
  for (const auto& next : due) {
    const auto& name = next.definition.service;
    Result<> kept;
    if (plan)
      kept = co_await parts_.writer.keep(&next, claim_of.at(name), batch->deadline);
    else
      kept = std::unexpected(plan.error());
    bool was_overtaken = plan && !kept && kept.error().code == Errc::Conflict;
    if (was_overtaken) shared_.ledger.edit(name)->overtake(before.at(name));
    if (kept || !plan || was_overtaken) before.erase(name);
    if (kept)
      log::info("watch.renewed", {{"service", name},
                                  {"revision", next.revision},
                                  {"instances", next.instances.size()},
                                  {"applied_by", std::string(model::to_string(plan->means()))}});
    if (!was_overtaken) batch->end(name, std::move(kept));
  }
  if (!before.empty()) co_await parts_.writer.undo(std::move(before));
}

}  // namespace dfp::reconcile
