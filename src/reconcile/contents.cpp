#include "reconcile/contents.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "reconcile/change_time.hpp"

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

Task<Result<std::vector<model::Instance>>> Contents::present_instances(model::Definition definition,
                                                                       registry::Freshness freshness,
                                                                       Deadline deadline) {
  auto instances = co_await shared_.catalog.instances_for(definition, freshness, deadline);
  if (!instances)
    co_return fail(fmt::format("instances of {}", definition.registered_name()), instances.error());
  std::erase_if(*instances,
                [](const auto& instance) { return instance.health == model::Health::Maintenance; });
  co_return instances;
}

Task<Result<model::Service>> Contents::fill(model::Service service, registry::Freshness freshness,
                                            Deadline deadline) {
  if (service.definition.has_template()) co_return co_await render(std::move(service), deadline);
  auto instances = co_await present_instances(service.definition, freshness, deadline);
  if (!instances) co_return std::unexpected(instances.error());
  service.instances = std::move(*instances);
  co_return service;
}

Task<Result<model::Service>> Contents::render(model::Service service, Deadline deadline) {
  if (!renderer_)
    co_return fail(Errc::InvalidArgument, "consulTemplatePath: this proxy does not render templates");
  auto now = parse_change_time(service.changed_at);
  auto rendering = co_await renderer_->render(service.definition, now, deadline);
  if (!rendering) co_return std::unexpected(rendering.error());
  service.rendered = std::move(rendering->text);
  service.template_hash = std::move(rendering->hash);
  co_return service;
}

Task<Result<>> Contents::try_template(model::Definition definition, Deadline deadline) {
  auto valid = model::validate(definition);
  if (!valid || !definition.has_template()) co_return valid;
  model::Service trial;
  trial.definition = std::move(definition);
  auto rendered = co_await render(std::move(trial), deadline);
  if (!rendered) co_return std::unexpected(rendered.error());
  auto name = rendered->definition.service;
  model::Change change{{name, std::move(*rendered)}};
  auto accepted = co_await shared_.driver.prepare(std::move(change), deadline);
  co_return accepted;
}

Task<> Contents::refresh(model::Service* service, bool* readable, Deadline deadline) {
  if (!*readable) co_return;
  model::Service bare;
  bare.definition = service->definition;
  bare.changed_at = service->changed_at;
  auto now = co_await fill(std::move(bare), registry::Freshness::Recent, deadline);
  if (!now) {
    const auto& what = now.error().what;
    log::warn("reconcile.not_refreshed", {{"service", service->definition.service}, {"error", what}});
    *readable = !is_away(now.error());
    if (*readable) shared_.ledger.edit(service->definition.service)->not_refreshed = what;
    co_return;
  }
  if (!now->instances.empty()) service->instances = std::move(now->instances);
  if (!now->definition.has_template()) co_return;
  service->rendered = std::move(now->rendered);
  service->template_hash = std::move(now->template_hash);
}

Task<Result<Look>> Contents::look(model::Definition definition, std::chrono::system_clock::time_point now,
                                  Deadline deadline) {
  Look look;
  if (definition.has_template()) {
    if (!renderer_) co_return fail(Errc::InvalidArgument, "this proxy does not render templates");
    auto rendering = co_await renderer_->render(std::move(definition), now, deadline);
    if (!rendering) co_return std::unexpected(rendering.error());
    look.text = std::move(rendering->text);
    look.basis = std::move(rendering->basis);
    co_return look;
  }
  if (source_) {  // the position first: what changes after it ends the wait
    auto answer = co_await source_->ask(instances_question(definition), deadline);
    if (!answer) co_return std::unexpected(answer.error());
    look.index = answer->index;
  }
  auto instances = co_await present_instances(std::move(definition), registry::Freshness::Recent, deadline);
  if (!instances) co_return std::unexpected(instances.error());
  look.instances = std::move(*instances);
  co_return look;
}

Task<Result<>> Contents::changed(model::Definition definition, std::shared_ptr<const Look> look,
                                 Deadline deadline) {
  if (look->basis) co_return co_await renderer_->changed(look->basis, deadline);
  if (source_ && look->index > 0)
    co_return co_await source_->wait(instances_question(definition), look->index, deadline);
  co_await sleep_for(std::min<Clock::duration>(kAskAgainAfter, deadline.left()));
  if (deadline.passed()) co_return fail(Errc::Timeout, "no change in time");
  co_return Result<>{};
}

}  // namespace dfp::reconcile
