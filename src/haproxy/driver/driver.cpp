#include "haproxy/driver/driver.hpp"

#include <ranges>

#include "haproxy/driver/driver_impl.hpp"
#include "haproxy/driver/service_health.hpp"
#include "haproxy/driver/template_names.hpp"

namespace dfp::haproxy {
namespace {
/// What a request asks for is looked up, unless another one has just done so.
constexpr auto kAskedFor = std::chrono::seconds(1);

template <class Map>
std::vector<std::string> names_of(const Map& map) {
  auto names = map | std::views::keys;
  return {names.begin(), names.end()};
}

}  // namespace

Driver::Driver(Executor executor, Settings settings, metrics::Registry& registry)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(settings), registry)) {}
Driver::~Driver() {
  impl_->stopping = true;
  impl_->prober.stop();
}

Task<Result<model::DesiredState>> Driver::found(Deadline deadline) {
  auto self = impl_;
  auto services = co_await self->found(deadline);
  co_return std::move(services);
}

Task<Result<>> Driver::start(model::DesiredState state, Deadline deadline) {
  auto self = impl_;
  auto started = co_await self->start(std::move(state), deadline);
  // Another start that is refused (of a state that is wrong) leaves the running HAProxy as it was.
  if (started || !self->life.started()) self->life.note(started);
  if (started) self->watch_health(names_of(self->applied_state.state().services));
  co_return started;
}

model::Plan Driver::plan(const model::Change& change) const { return impl_->plan(change); }

Task<Result<model::Plan>> Driver::apply(model::Change change, Deadline deadline) {
  auto self = impl_;
  if (auto ready = self->life.check(); !ready) co_return std::unexpected(ready.error());
  auto services = names_of(change);
  auto applied = co_await self->apply(std::move(change), deadline);
  self->watch_health(services);  // after a failure too: they may have been seen half-changed
  co_return std::move(applied);
}

Task<Result<>> Driver::examine(model::Change change, Deadline deadline) {
  auto self = impl_;
  if (auto ready = self->life.check(); !ready) co_return ready;
  auto accepted = co_await self->examine(std::move(change), deadline);
  co_return accepted;
}

Task<Result<>> Driver::prepare(model::Change change, Deadline deadline) {
  auto self = impl_;
  co_await self->names.look_up(names_in(self->applied_state, change), kAskedFor, deadline);
  auto accepted = co_await self->check_templates(&change, deadline);
  if (!accepted || !self->must_wait_for_room(change)) co_return accepted;
  auto room = co_await self->await_room(deadline);
  co_return room;
}

bool Driver::prepared(const model::Change& change) const {
  return impl_->names.are_fresh(Names::in(change), kAskedFor) && !impl_->must_wait_for_room(change);
}

std::optional<Driver::NameState> Driver::name_state(const model::Instance& instance) const {
  return impl_->names.state(instance);
}

std::map<std::string, std::string> Driver::unfit() const { return impl_->unfit; }
std::optional<std::string> Driver::trouble() const { return impl_->trouble(); }
const model::DesiredState& Driver::applied() const { return impl_->applied_state.state(); }

Task<Result<std::vector<std::string>>> Driver::differences(Deadline deadline) {
  auto self = impl_;
  if (auto ready = self->life.check(); !ready) co_return std::unexpected(ready.error());
  auto found = co_await self->differences(deadline);
  co_return std::move(found);
}

std::string Driver::config() const { return impl_->shown_config(); }
std::string Driver::template_check() const { return impl_->template_check.text(); }

std::vector<std::string> Driver::unhealthy(const std::string& service) const {
  return impl_->unhealthy(service);
}

Task<Result<Driver::Health>> Driver::health(std::set<std::string> services, Deadline deadline) const {
  auto self = impl_;
  if (auto ready = self->life.check(); !ready) co_return std::unexpected(ready.error());
  auto session = co_await self->master.open_session(deadline);
  if (!session) co_return std::unexpected(session.error());
  ServiceHealth reader(self->applied_state, self->backend_pool, self->prober, self->names.addresses());
  auto health = co_await reader.read(std::move(*session), std::move(services), deadline);
  co_return health;
}

Task<Result<>> Driver::reload(bool recreate, reconcile::RequestContext context) {
  auto self = impl_;
  if (auto ready = self->life.check(); !ready) co_return ready;
  auto done = co_await self->reload_on_request(recreate, std::move(context));
  co_return done;
}

Task<> Driver::detach() {
  auto self = impl_;
  co_await self->end_background();
}

Task<> Driver::stop(Deadline deadline) {
  auto self = impl_;
  co_await self->stop(deadline);
}

}  // namespace dfp::haproxy
