#include "registry/consul/registrar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.hpp"
#include "base/wait.hpp"
#include "registry/consul/catalog.hpp"
#include "registry/consul/health_json.hpp"
#include "registry/consul/registration_json.hpp"

namespace dfp::registry::consul {
namespace {
using namespace std::chrono_literals;

constexpr auto kFirstLook = 5ms;  ///< pause before the catalog is read again; doubles
constexpr auto kLongestLook = 200ms;

/// The node, and the order of tags, do not count.
bool same_registration(model::Instance wanted, const model::Instance& shown, bool with_health) {
  std::ranges::sort(wanted.tags);
  wanted.node = shown.node;
  if (!with_health) wanted.health = shown.health;
  return wanted == shown;
}

std::string operation_of(std::string_view verb, const model::Instance& instance) {
  return fmt::format("{} {} of service {}", verb, instance.id, instance.service);
}

}  // namespace

Task<Result<>> ConsulRegistrar::put(std::string target, std::string body, std::string operation,
                                    Deadline deadline) {
  auto answer = co_await client_.put(std::move(target), std::move(body), deadline);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status != 200) co_return std::unexpected(refusal(operation, *answer));
  co_return Result<>{};
}

// ------------------------------------------------------------------------------------------------ adding

Task<Result<>> ConsulRegistrar::add(model::Instance instance, Deadline deadline) {
  bool states_health = instance.health != model::Health::Passing;
  Registration plain{.instance = std::move(instance), .checks = {}, .lifetime = {}};
  co_return co_await enroll_with(std::move(plain), states_health, deadline);
}

Task<Result<>> ConsulRegistrar::enroll(Registration registration, Deadline deadline) {
  co_return co_await enroll_with(std::move(registration), true, deadline);
}

Task<Result<>> ConsulRegistrar::enroll_with(Registration registration, bool states_health,
                                            Deadline deadline) {
  const auto& instance = registration.instance;
  auto operation = operation_of("register", instance);
  // Without the parameter an agent keeps the checks of an earlier registration.
  auto registered = co_await put("/v1/agent/service/register?replace-existing-checks=true",
                                 render_registration(registration, states_health), operation, deadline);
  if (!registered) co_return registered;
  if (states_health) {
    // A check that is registered again keeps the state it had.
    auto told = co_await tell_health(instance, operation, deadline);
    if (!told) co_return told;
  }
  auto switched = co_await switch_maintenance(instance, operation, deadline);
  if (!switched) co_return switched;
  bool health_is_ours = registration.checks.empty();
  co_return co_await wait_until_shown(instance, health_is_ours, deadline);
}

Task<Result<>> ConsulRegistrar::tell_health(model::Instance instance, std::string operation,
                                            Deadline deadline) {
  auto target = "/v1/agent/check/update/" + text::percent_encode(state_check_id(instance.id));
  co_return co_await put(std::move(target), render_check_update(instance.health), std::move(operation),
                         deadline);
}

Task<Result<>> ConsulRegistrar::switch_maintenance(model::Instance instance, std::string operation,
                                                   Deadline deadline) {
  auto target = fmt::format("/v1/agent/service/maintenance/{}?enable={}", text::percent_encode(instance.id),
                            instance.health == model::Health::Maintenance);
  co_return co_await put(std::move(target), {}, std::move(operation), deadline);
}

Task<Result<>> ConsulRegistrar::renew(Registration registration, Deadline deadline) {
  const auto& instance = registration.instance;
  auto here = co_await registered_here(instance.service, instance.id, deadline);
  if (!here) co_return std::unexpected(here.error());
  if (!*here)
    co_return fail(Errc::NotFound, fmt::format("consul: service {} has no instance {} at this agent",
                                               text::shown(instance.service), text::shown(instance.id)));
  auto operation = operation_of("renew", instance);
  if (registration.lifetime > 0s) {
    auto target = "/v1/agent/check/update/" + text::percent_encode(lifetime_check_id(instance.id));
    auto renewed =
        co_await put(std::move(target), render_check_update(model::Health::Passing), operation, deadline);
    if (!renewed) co_return renewed;
  }
  auto told = co_await tell_health(instance, operation, deadline);
  if (!told) co_return told;
  co_return co_await switch_maintenance(instance, operation, deadline);
}

/// The agent tells the servers a moment later.
Task<Result<>> ConsulRegistrar::wait_until_shown(model::Instance instance, bool with_health,
                                                 Deadline deadline) {
  ConsulCatalog catalog(client_);
  for (Clock::duration pause = kFirstLook;; pause = std::min<Clock::duration>(pause * 2, kLongestLook)) {
    auto instances = co_await catalog.instances(instance.service, deadline);
    if (!instances) co_return std::unexpected(instances.error());
    bool shown = std::ranges::any_of(
        *instances, [&](const auto& other) { return same_registration(instance, other, with_health); });
    if (shown) co_return Result<>{};
    if (deadline.left() < pause)
      co_return fail(Errc::Timeout,
                     fmt::format("consul: the agent has registered {}, but the catalog does not "
                                 "show it yet",
                                 instance.id));
    co_await sleep_for(pause);
  }
}

// ---------------------------------------------------------------------------------------------- removing

Task<Result<>> ConsulRegistrar::remove(std::string service, std::string node, std::string id,
                                       Deadline deadline) {
  auto here = co_await registered_here(service, id, deadline);
  if (!here) co_return std::unexpected(here.error());
  if (*here && !node.empty()) {
    auto own = co_await own_node(deadline);
    if (!own) co_return std::unexpected(own.error());
    here = *own == node;
  }
  if (!*here)
    co_return co_await explain_absence(std::move(service), std::move(node), std::move(id), deadline);
  auto target = "/v1/agent/service/deregister/" + text::percent_encode(id);
  auto answer = co_await client_.put(std::move(target), {}, deadline);
  if (!answer) co_return std::unexpected(answer.error());
  bool gone =
      answer->status == 200 || answer->status == 404;  // newer agents say 404 when it was gone already
  if (!gone) co_return std::unexpected(refusal("deregister " + id, *answer));
  co_return co_await wait_until_gone(std::move(service), std::move(node), std::move(id), deadline);
}

/// Not registered at this agent: perhaps at another one.
Task<Result<>> ConsulRegistrar::explain_absence(std::string service, std::string node, std::string id,
                                                Deadline deadline) {
  ConsulCatalog catalog(client_);
  auto instances = co_await catalog.instances(service, deadline);
  if (!instances) co_return std::unexpected(instances.error());
  for (const auto& instance : *instances)
    if (instance.id == id && (node.empty() || instance.node == node))
      co_return fail(Errc::Rejected, fmt::format("consul: instance {} of service {} was registered with the "
                                                 "agent of node {} and can be removed only there",
                                                 id, service, instance.node));
  co_return fail(Errc::NotFound,
                 fmt::format("consul: service {} has no instance {}{}", text::shown(service), text::shown(id),
                             node.empty() ? "" : " on node " + text::shown(node)));
}

Task<Result<>> ConsulRegistrar::wait_until_gone(std::string service, std::string node, std::string id,
                                                Deadline deadline) {
  ConsulCatalog catalog(client_);
  for (Clock::duration pause = kFirstLook;; pause = std::min<Clock::duration>(pause * 2, kLongestLook)) {
    auto instances = co_await catalog.instances(service, deadline);
    if (!instances) co_return std::unexpected(instances.error());
    bool shown = std::ranges::any_of(*instances, [&](const auto& other) {
      return other.id == id && (node.empty() || other.node == node);
    });
    if (!shown) co_return Result<>{};
    if (deadline.left() < pause)
      co_return fail(Errc::Timeout,
                     fmt::format("consul: the agent has removed {}, but the catalog still shows it", id));
    co_await sleep_for(pause);
  }
}

// ----------------------------------------------------------------------------------------------- reading

Task<Result<std::string>> ConsulRegistrar::own_node(Deadline deadline) {
  auto answer = co_await client_.read("/v1/agent/self", deadline);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status != 200) co_return std::unexpected(refusal("read the agent's node name", *answer));
  boost::system::error_code error;
  auto value = boost::json::parse(answer->body, error);
  auto* name = error ? nullptr : value.find_pointer("/Config/NodeName", error);
  if (!name || !name->is_string())
    co_return fail(Errc::Rejected, "consul: the agent does not tell its node name");
  co_return std::string(name->get_string());
}

Task<Result<std::vector<model::Instance>>> ConsulRegistrar::agent_services(Deadline deadline) {
  auto answer = co_await client_.read("/v1/agent/services", deadline);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status != 200) co_return std::unexpected(refusal("list the agent's services", *answer));
  co_return parse_agent_services(answer->body);
}

Task<Result<bool>> ConsulRegistrar::registered_here(std::string service, std::string id, Deadline deadline) {
  auto instances = co_await agent_services(deadline);
  if (!instances) co_return std::unexpected(instances.error());
  co_return std::ranges::any_of(*instances,
                                [&](const auto& i) { return i.id == id && i.service == service; });
}

Task<Result<std::vector<model::Instance>>> ConsulRegistrar::registered(Deadline deadline) {
  auto node = co_await own_node(deadline);
  if (!node) co_return std::unexpected(node.error());
  auto instances = co_await agent_services(deadline);
  if (!instances) co_return std::unexpected(instances.error());
  auto answer = co_await client_.read("/v1/agent/checks", deadline);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status != 200) co_return std::unexpected(refusal("list the agent's checks", *answer));
  auto health = parse_agent_checks(answer->body);
  if (!health) co_return std::unexpected(health.error());
  for (auto& instance : *instances) {
    instance.node = *node;
    auto own = health->find(instance.id), whole_node = health->find("");
    for (const auto& found : {own, whole_node})
      if (found != health->end()) instance.health = std::max(instance.health, found->second);
  }
  co_return instances;
}

}  // namespace dfp::registry::consul
