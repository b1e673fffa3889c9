// Services with a template.
#include "reconcile/change_time.hpp"
#include "reconcile/reconciler_impl.hpp"

namespace dfp::reconcile {

/// Templates take `changed_at` for the present time: rendered again, here or by another proxy, they give the
/// same text.
Task<Result<model::Service>> Reconciler::Impl::render(model::Service service, Deadline deadline) {
  if (!renderer)
    co_return fail(Errc::InvalidArgument, "consulTemplatePath: this proxy does not render templates");
  auto now = parse_change_time(service.changed_at);
  auto rendering = co_await renderer->render(service.definition, now, deadline);
  if (!rendering) co_return std::unexpected(rendering.error());
  service.rendered = std::move(rendering->text);
  service.template_hash = std::move(rendering->hash);
  co_return service;
}

Task<Result<>> Reconciler::Impl::try_template(model::Definition definition, Deadline deadline) {
  auto valid = model::validate(definition);
  if (!valid || !definition.has_template()) co_return valid;
  model::Service trial;
  trial.definition = std::move(definition);
  auto rendered = co_await render(std::move(trial), deadline);
  if (!rendered) co_return std::unexpected(rendered.error());
  auto name = rendered->definition.service;
  model::Change change{{name, std::move(*rendered)}};
  auto accepted = co_await driver.prepare(std::move(change), deadline);
  co_return accepted;
}

}  // namespace dfp::reconcile
