// Services that follow the registry (`watch`) are renewed together: what changes at once is one change of the
// proxy, and one reload where templates need that.
#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "reconcile/change_time.hpp"
#include "reconcile/reconciler_impl.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;

/// Watches of one key end their quiet time within this, however many templates have to be rendered.
constexpr auto kGather = 100ms;

}  // namespace

/// The services that wait for one turn.
struct Reconciler::Impl::Renewals {
  explicit Renewals(const Executor& executor) : ended(executor) {}
  void end(const std::string& name, Result<> how) {
    waiting.erase(name);
    results.insert_or_assign(name, std::move(how));
  }
  std::set<std::string> waiting;
  std::map<std::string, Result<>> results;
  Signal ended;
  Deadline deadline = Deadline::never();
};

/// The first one takes the turn for all that come until then.
Task<Result<>> Reconciler::Impl::renew(std::string name) {
  bool first = !gathering;
  if (first) gathering = std::make_shared<Renewals>(executor);
  auto batch = gathering;
  batch->waiting.insert(name);
  if (first) co_await renew_together(batch);
  auto limit = Deadline::after(2 * settings.request_timeout);
  while (!batch->results.contains(name) && !limit.passed()) co_await batch->ended.wait(limit);
  auto result = batch->results.find(name);
  if (result != batch->results.end()) co_return result->second;
  co_return fail(Errc::Timeout, "timed out waiting for other requests");
}

Task<> Reconciler::Impl::renew_together(std::shared_ptr<Renewals> batch) {
  co_await stopping_signal.wait(Deadline::after(kGather));
  batch->deadline = Deadline::after(settings.request_timeout);
  co_await prepare_renewals(batch);
  auto lock = co_await turn.lock(batch->deadline);
  gathering.reset();
  Result<> done;
  if (!lock) done = std::unexpected(lock.error());
  for (int attempt = 1; done && !batch->waiting.empty() && attempt <= kAttempts; ++attempt) {
    done = co_await catch_up(batch->deadline);
    co_await writer.undo_overtaken();
    if (done) co_await renew_round(batch);
  }
  co_await writer.undo_overtaken();
  for (const auto& name : std::set(batch->waiting))
    batch->end(name, done ? fail(Errc::Conflict, fmt::format("another proxy keeps changing service {}", name))
                          : done);
  batch->ended.notify_all();
}

/// Before the turn: names are looked up and texts checked; what is refused does not take it at all.
Task<> Reconciler::Impl::prepare_renewals(std::shared_ptr<Renewals> batch) {
  std::set<std::string> seen;
  auto is_new = [&](const std::string& name) { return !seen.contains(name); };
  for (;;) {
    auto next_name = std::ranges::find_if(batch->waiting, is_new);
    if (next_name == batch->waiting.end()) co_return;
    auto name = *seen.insert(*next_name).first;
    auto next = co_await renewed(name, batch->deadline);
    if (!next || !*next) continue;  // found out again in turn
    model::Change one{{name, std::move(**next)}};
    auto ready = co_await driver.prepare(std::move(one), batch->deadline);
    if (!ready && is_refusal(ready.error())) batch->end(name, std::move(ready));
  }
}

/// Takes over what other proxies have kept.
Task<Result<>> Reconciler::Impl::catch_up(Deadline deadline) {
  auto snapshot = co_await stored.load(deadline);
  if (!snapshot) co_return std::unexpected(snapshot.error());
  // Who has lost the definitions has lost the instances too.
  if (snapshot->blank)
    co_return fail(Errc::Unavailable, "the registry has lost everything; what was served stays");
  auto done = co_await stored.converge(std::move(*snapshot));
  co_return done;
}

Task<> Reconciler::Impl::renew_round(std::shared_ptr<Renewals> batch) {
  std::vector<model::Service> due;
  for (const auto& name : std::set(batch->waiting)) {
    auto next = co_await renewed(name, batch->deadline);
    if (next && *next)
      due.push_back(std::move(**next));
    else
      batch->end(name, next ? Result<>{} : std::unexpected(next.error()));
  }
  if (!due.empty()) co_await serve_renewed(batch, std::move(due));
}

/// @return nullopt when the service is as the registry says, or not served any more.
Task<Result<std::optional<model::Service>>> Reconciler::Impl::renewed(std::string name, Deadline deadline) {
  const auto* present = served(name);
  if (stopping || !present) co_return std::nullopt;
  auto now = parse_change_time(present->changed_at);
  auto look = co_await this->look(present->definition, now, deadline);
  if (!look) co_return std::unexpected(look.error());
  if (look->same_content({present->instances, present->rendered})) co_return std::nullopt;
  Wish wish{present->definition, Origin::watch(present->changed_by)};
  wish.context.deadline = deadline;
  auto next = co_await next_service.make(std::move(wish));
  if (!next) co_return std::unexpected(next.error());
  if (auto usable = next_service.has_an_address(*next); !usable) co_return std::unexpected(usable.error());
  co_return std::move(*next);
}

/// Where the proxy refuses them together, each is tried for itself. Those that another writer was faster with
/// go on waiting.
Task<> Reconciler::Impl::serve_renewed(std::shared_ptr<Renewals> batch, std::vector<model::Service> due) {
  model::Change change;
  model::Change before;
  std::map<std::string, registry::ClaimWrite> claim_of;
  for (const auto& next : due) {
    change.emplace(next.definition.service, next);
    claim_of.emplace(next.definition.service, owners.claim_for(next));
  }
  for (const auto& [name, next] : change) before.emplace(name, *served(name));
  auto plan = co_await driver.apply(change, batch->deadline);
  if (!plan && due.size() > 1 && is_refusal(plan.error())) {
    for (auto& next : due) {
      std::vector<model::Service> one{std::move(next)};
      co_await serve_renewed(batch, std::move(one));
    }
    co_return;
  }
  for (const auto& next : due) {
    const auto& name = next.definition.service;
    Result<> kept;
    if (plan)
      kept = co_await writer.keep(&next, claim_of.at(name), batch->deadline);
    else
      kept = std::unexpected(plan.error());
    bool was_overtaken = plan && !kept && kept.error().code == Errc::Conflict;
    if (was_overtaken) ledger.edit(name)->overtake(before.at(name));
    if (kept || !plan || was_overtaken) before.erase(name);
    if (kept)
      log::info("watch.renewed", {{"service", name},
                                  {"revision", next.revision},
                                  {"instances", next.instances.size()},
                                  {"applied_by", std::string(model::to_string(plan->means()))}});
    if (!was_overtaken) batch->end(name, std::move(kept));
  }
  if (!before.empty()) co_await writer.undo(std::move(before));
}

}  // namespace dfp::reconcile
