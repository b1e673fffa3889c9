// What the watcher sees and does: services that follow the registry (`watch`).
#include "reconcile/reconciler_impl.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;

constexpr auto kAskAgainAfter = 1s;  ///< where the registry cannot be waited for

registry::Question instances_question(const model::Definition& definition) {
  registry::ServiceQuestion question;
  question.service = definition.registered_name();
  return question;
}

}  // namespace

Task<Result<Look>> Reconciler::Impl::look(model::Definition definition,
                                          std::chrono::system_clock::time_point now, Deadline deadline) {
  Look look;
  if (definition.has_template()) {
    if (!renderer) co_return fail(Errc::InvalidArgument, "this proxy does not render templates");
    auto rendering = co_await renderer->render(std::move(definition), now, deadline);
    if (!rendering) co_return std::unexpected(rendering.error());
    look.text = std::move(rendering->text);
    look.basis = std::move(rendering->basis);
    co_return look;
  }
  if (source) {  // the position first: what changes after it ends the wait
    auto answer = co_await source->ask(instances_question(definition), deadline);
    if (!answer) co_return std::unexpected(answer.error());
    look.index = answer->index;
  }
  auto instances = co_await present_instances(std::move(definition), registry::Freshness::Recent, deadline);
  if (!instances) co_return std::unexpected(instances.error());
  look.instances = std::move(*instances);
  co_return look;
}

Task<Result<>> Reconciler::Impl::changed(model::Definition definition, std::shared_ptr<const Look> look,
                                         Deadline deadline) {
  if (look->basis) co_return co_await renderer->changed(look->basis, deadline);
  if (source && look->index > 0)
    co_return co_await source->wait(instances_question(definition), look->index, deadline);
  co_await sleep_for(std::min<Clock::duration>(kAskAgainAfter, deadline.left()));
  if (deadline.passed()) co_return fail(Errc::Timeout, "no change in time");
  co_return Result<>{};
}

const model::Service* Reconciler::Impl::served(const std::string& name) const { return Shared::served(name); }

bool Reconciler::Impl::leads(const std::string& name) const { return ledger.of(name).is_ours(); }

}  // namespace dfp::reconcile
