// What the watcher sees and does: services that follow the registry (`watch`).
#include "reconcile/reconciler_impl.hpp"

namespace dfp::reconcile {

Task<Result<Look>> Reconciler::Impl::look(model::Definition definition,
                                          std::chrono::system_clock::time_point now, Deadline deadline) {
  co_return co_await contents.look(std::move(definition), now, deadline);
}

Task<Result<>> Reconciler::Impl::changed(model::Definition definition, std::shared_ptr<const Look> look,
                                         Deadline deadline) {
  co_return co_await contents.changed(std::move(definition), std::move(look), deadline);
}

const model::Service* Reconciler::Impl::served(const std::string& name) const { return Shared::served(name); }

bool Reconciler::Impl::leads(const std::string& name) const { return ledger.of(name).is_ours(); }

}  // namespace dfp::reconcile
