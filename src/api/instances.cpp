// Registering instances by hand, where the registry offers it.
#include <fmt/format.h>

#include <algorithm>

#include "api/api.hpp"
#include "api/json.hpp"
#include "base/parse.hpp"
#include "base/text.hpp"

namespace dfp::api {
namespace {

constexpr auto kRegistryTime = std::chrono::seconds(10);

const Error kNoRegistrar{
    Errc::Conflict,
    "instances are not registered through the proxy with this registry; register them in the "
    "registry itself"};

Result<> check_mandatory(const parameters::ParameterValues& values, std::span<const std::string_view> names) {
  if (std::ranges::all_of(names, [&](auto name) { return values.has(name); })) return {};
  return fail(Errc::InvalidArgument,
              fmt::format("The following queries are mandatory: {}", fmt::join(names, ", ")));
}

Result<> check_address(const std::string& address) {
  bool name = !address.starts_with('*') && model::check_domain(text::lower(address)).has_value();
  if (parse::is_ip_address(address) || name) return {};
  return fail(Errc::InvalidArgument,
              fmt::format("address: {} is neither an IP address nor a host name", text::shown(address)));
}

Result<std::uint16_t> read_port(const parameters::ParameterValues& values) {
  auto port = parse::number(values.text("port"), 1, 65535);
  if (!port) return fail("port", port.error());
  return static_cast<std::uint16_t>(*port);
}

Result<model::Instance> read_instance(const parameters::ParameterValues& values, const Endpoint& endpoint) {
  if (auto ok = check_mandatory(values, endpoint.required); !ok) return std::unexpected(ok.error());
  model::Instance instance;
  instance.service = values.text("serviceName");
  instance.address = values.text("address");
  instance.tags = values.list("tags");
  std::ranges::sort(instance.tags);
  if (auto ok = model::check_service_name(instance.service); !ok) return std::unexpected(ok.error());
  if (auto ok = check_address(instance.address); !ok) return std::unexpected(ok.error());
  auto port = read_port(values);
  if (!port) return std::unexpected(port.error());
  instance.port = *port;
  instance.id = values.has("id") ? values.text("id")
                                 : fmt::format("{}:{}:{}", instance.service, instance.address, instance.port);
  instance.node = values.has("node") ? values.text("node") : instance.address;
  return instance;
}

/// Which of the registered instances a request means.
struct Selector {
  std::optional<std::string> id, node, address;
  std::optional<std::uint16_t> port;

  bool fits(const model::Instance& instance) const {
    return (!id || *id == instance.id) && (!node || *node == instance.node) &&
           (!address || *address == instance.address) && (!port || *port == instance.port);
  }
};

Result<Selector> read_selector(const parameters::ParameterValues& values, const Endpoint& endpoint) {
  if (auto ok = check_mandatory(values, endpoint.required); !ok) return std::unexpected(ok.error());
  if (auto ok = model::check_service_name(values.text("serviceName")); !ok)
    return std::unexpected(ok.error());
  if (!values.has("id") && !(values.has("address") && values.has("port")))
    return fail(Errc::InvalidArgument,
                "The following queries are mandatory: serviceName and (id or (address and port))");
  auto given = [&](std::string_view name) {
    return values.has(name) ? std::optional(values.text(name)) : std::nullopt;
  };
  Selector selector{given("id"), given("node"), given("address"), std::nullopt};
  if (!values.has("port")) return selector;
  auto port = read_port(values);
  if (!port) return std::unexpected(port.error());
  selector.port = *port;
  return selector;
}

/// The one instance that fits. @return NotFound; Conflict when several do.
Result<model::Instance> select(const std::vector<model::Instance>& instances, const Selector& selector,
                               const std::string& service) {
  std::vector<std::string> fitting;
  const model::Instance* found = nullptr;
  for (const auto& instance : instances) {
    if (!selector.fits(instance)) continue;
    fitting.push_back(fmt::format("{} on {}", instance.id, instance.node));
    found = &instance;
  }
  if (fitting.size() == 1) return *found;
  if (fitting.empty())
    return fail(Errc::NotFound,
                fmt::format("no such instance of {}; {} are registered", service, instances.size()));
  return fail(Errc::Conflict, fmt::format("several instances of {} fit: {}; give id and node", service,
                                          fmt::join(fitting, ", ")));
}

Answer answer_about(const model::Instance& instance, std::string message) {
  Answer answer{.message = std::move(message)};
  answer.definition.service = instance.service;
  answer.more["Instance"] = instance_json(instance);
  return answer;
}

}  // namespace

/// Who may register instances of some services must not replace those of others, nor register their
/// addresses: an address that is another's now is withdrawn from whom it was.
Task<Result<>> Api::check_free(model::Instance instance, Grant limits) {
  auto report = co_await parts_.catalog.addresses(0, Deadline::after(kRegistryTime));
  if (!report) co_return std::unexpected(report.error());
  for (const auto& owner : report->owners) {
    bool same_id = owner.id == instance.id;
    bool same_place = owner.address == instance.address && (owner.port == instance.port || owner.port == 0);
    if ((!same_id && !same_place) || limits.allows(Scope::Deploy, owner.service)) continue;
    co_return fail(
        Errc::Conflict,
        fmt::format("{}: {} belongs to an instance of service {}, which this token may not change",
                    same_id ? "id" : "address",
                    same_id ? owner.id : fmt::format("{}:{}", owner.address, owner.port), owner.service));
  }
  co_return Result<>{};
}

Task<Answer> Api::register_instance(Call call) {
  if (!parts_.registrar) co_return failure(kNoRegistrar);
  auto values = parameters::read_values(call.query, call.endpoint.parameters);
  if (!values) co_return failure(values.error());
  auto instance = read_instance(*values, call.endpoint);
  if (!instance) co_return failure(instance.error());
  if (parts_.is_own_address && parts_.is_own_address(instance->address, instance->port))
    co_return failure(
        {Errc::InvalidArgument, fmt::format("{}:{} is this proxy's own API, which must not be published",
                                            instance->address, instance->port)});
  if (call.limits) {
    auto free = co_await check_free(*instance, *call.limits);
    if (!free) co_return failure(free.error());
  }
  if (auto wanted = call.context().still_wanted(); !wanted) co_return failure(wanted.error());
  auto added = co_await parts_.registrar->add(*instance, Deadline::after(kRegistryTime));
  if (!added) co_return failure(added.error());
  co_return answer_about(*instance, "registered; the next reconfigure routes to it");
}

Task<Answer> Api::deregister_instance(Call call) {
  if (!parts_.registrar) co_return failure(kNoRegistrar);
  auto values = parameters::read_values(call.query, call.endpoint.parameters);
  if (!values) co_return failure(values.error());
  auto selector = read_selector(*values, call.endpoint);
  if (!selector) co_return failure(selector.error());
  auto service = values->text("serviceName");
  auto deadline = Deadline::after(kRegistryTime);
  auto instances = co_await parts_.catalog.instances(service, deadline);
  if (!instances) co_return failure(instances.error());
  auto instance = select(*instances, *selector, service);
  if (!instance) co_return failure(instance.error());
  if (auto wanted = call.context().still_wanted(); !wanted) co_return failure(wanted.error());
  auto removed = co_await parts_.registrar->remove(service, instance->node, instance->id, deadline);
  if (!removed) co_return failure(removed.error());
  co_return answer_about(*instance, "deregistered; the next reconfigure takes it out of use");
}

}  // namespace dfp::api
