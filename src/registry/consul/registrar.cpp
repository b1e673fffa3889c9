#include "registry/consul/registrar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.hpp"
#include "base/wait.hpp"
#include "registry/consul/catalog.hpp"

namespace dfp::registry::consul {
namespace json = boost::json;
namespace {
using namespace std::chrono_literals;

constexpr auto kFirstLook = 5ms;  ///< pause before the catalog is read again
constexpr auto kLongestLook = 200ms;

/// A check that keeps the state it was given: nobody renews it, and its time to live is a year. The state is
/// part of the id because a re-registered check keeps its old state.
json::object state_check(const model::Instance& instance) {
  auto state = std::string(model::to_string(instance.health));
  return {{"CheckID", "service:" + instance.id + ":" + state},
          {"Name", "state given at registration"},
          {"TTL", "8760h"},
          {"Status", state}};
}

std::string render_registration(const model::Instance& instance) {
  auto sorted_tags = instance.tags;
  std::ranges::sort(sorted_tags);
  json::object out{{"ID", instance.id},
                   {"Name", instance.service},
                   {"Address", instance.address},
                   {"Port", instance.port},
                   {"Tags", json::value_from(sorted_tags)},
                   {"Meta", json::value_from(instance.meta)},
                   {"Weights", {{"Passing", instance.weight}, {"Warning", instance.weight}}}};
  bool checked = instance.health == model::Health::Warning || instance.health == model::Health::Critical;
  if (checked) out["Checks"] = json::array{state_check(instance)};
  return json::serialize(out);
}

/// Order of lists and the node's name do not count.
bool same_registration(const model::Instance& wanted, model::Instance shown) {
  auto sorted = wanted;
  std::ranges::sort(sorted.tags);
  sorted.node = shown.node;
  return sorted == shown;
}

}  // namespace

Task<Result<>> ConsulRegistrar::put(std::string target, std::string body, std::string operation,
                                    Deadline deadline) {
  auto answer = co_await client_.put(std::move(target), std::move(body), deadline);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status != 200) co_return std::unexpected(refusal(operation, *answer));
  co_return Result<>{};
}

Task<Result<std::string>> ConsulRegistrar::own_node(Deadline deadline) {
  auto answer = co_await client_.read("/v1/agent/self", deadline);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status != 200) co_return std::unexpected(refusal("read the agent's node name", *answer));
  boost::system::error_code error;
  auto value = json::parse(answer->body, error);
  auto* name = error ? nullptr : value.find_pointer("/Config/NodeName", error);
  if (!name || !name->is_string())
    co_return fail(Errc::Rejected, "consul: the agent does not tell its node name");
  co_return std::string(name->get_string());
}

Task<Result<>> ConsulRegistrar::check_own_node(std::string node, std::string id, Deadline deadline) {
  if (node.empty()) co_return Result<>{};
  auto own = co_await own_node(deadline);
  if (!own) co_return std::unexpected(own.error());
  if (*own == node) co_return Result<>{};
  co_return fail(
      Errc::InvalidArgument,
      fmt::format("consul: instance {} is to be on node {}, but this agent registers on node {}; leave the "
                  "node away, or speak to that node's agent",
                  id, node, *own));
}

Task<Result<>> ConsulRegistrar::add(model::Instance instance, Deadline deadline) {
  auto own = co_await check_own_node(instance.node, instance.id, deadline);
  if (!own) co_return own;
  auto operation = fmt::format("register {} of service {}", instance.id, instance.service);
  // Without the parameter an agent keeps the checks of an earlier registration.
  auto registered = co_await put("/v1/agent/service/register?replace-existing-checks=true",
                                 render_registration(instance), operation, deadline);
  if (!registered) co_return registered;
  bool maintenance = instance.health == model::Health::Maintenance;
  auto target = fmt::format("/v1/agent/service/maintenance/{}?enable={}", text::percent_encode(instance.id),
                            maintenance);
  auto switched = co_await put(std::move(target), {}, operation, deadline);
  if (!switched) co_return switched;
  co_return co_await wait_for_catalog(std::move(instance), true, deadline);
}

Task<Result<bool>> ConsulRegistrar::registered_here(std::string service, std::string id, Deadline deadline) {
  auto answer = co_await client_.read("/v1/agent/services", deadline);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status != 200) co_return std::unexpected(refusal("list the agent's services", *answer));
  boost::system::error_code error;
  auto value = json::parse(answer->body, error);
  if (error || !value.is_object())
    co_return fail(Errc::Rejected, "consul: the agent's services are not JSON");
  auto* found = value.get_object().if_contains(id);
  auto* name = found ? found->find_pointer("/Service", error) : nullptr;
  co_return name && name->is_string() && name->get_string() == service;
}

/// Not registered at this agent: perhaps at another one.
Task<Result<>> ConsulRegistrar::explain_absence(std::string service, std::string node, std::string id,
                                                Deadline deadline) {
  ConsulCatalog catalog(client_);
  auto instances = co_await catalog.instances(service, deadline);
  if (!instances) co_return std::unexpected(instances.error());
  for (const auto& instance : *instances)
    if (instance.id == id && (node.empty() || instance.node == node))
      co_return fail(
          Errc::Rejected,
          fmt::format("consul: instance {} of service {} was registered at the agent of node {}; only there "
                      "it can be removed",
                      id, service, instance.node));
  co_return fail(Errc::NotFound,
                 fmt::format("consul: service {} has no instance {}{}", text::shown(service), text::shown(id),
                             node.empty() ? "" : " on node " + text::shown(node)));
}

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
  model::Instance removed;
  removed.service = std::move(service);
  removed.node = std::move(node);
  removed.id = std::move(id);
  co_return co_await wait_for_catalog(std::move(removed), false, deadline);
}

Task<Result<>> ConsulRegistrar::wait_for_catalog(model::Instance instance, bool present, Deadline deadline) {
  ConsulCatalog catalog(client_);
  for (Clock::duration pause = kFirstLook;; pause = std::min<Clock::duration>(pause * 2, kLongestLook)) {
    auto instances = co_await catalog.instances(instance.service, deadline);
    if (!instances) co_return std::unexpected(instances.error());
    auto shown = std::ranges::find_if(*instances, [&](const model::Instance& i) {
      return i.id == instance.id && (instance.node.empty() || i.node == instance.node);
    });
    bool there = shown != instances->end();
    if (present ? there && same_registration(instance, *shown) : !there) co_return Result<>{};
    if (deadline.left() < pause)
      co_return fail(Errc::Timeout,
                     fmt::format("consul: the agent took the change of {}, but the catalog does not show "
                                 "it yet",
                                 instance.id));
    co_await sleep_for(pause);
  }
}

}  // namespace dfp::registry::consul
