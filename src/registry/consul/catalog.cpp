#include "registry/consul/catalog.hpp"

#include <time.h>

#include <algorithm>

#include "base/text.hpp"
#include "base/wait.hpp"
#include "registry/consul/catalog_json.hpp"
#include "registry/consul/health_json.hpp"
#include "registry/consul/rights.hpp"

namespace dfp::registry::consul {
namespace {

constexpr auto kHealthState = "/v1/health/state/any";
constexpr auto kServices = "/v1/catalog/services";  ///< its index moves with every instance of the catalog
constexpr std::size_t kNodeReads = 8;               ///< at once
constexpr int kAddressCost = 20;  ///< reading all addresses takes at most 1/20 of a processor
constexpr auto kAddressTime = std::chrono::seconds(30);

model::Instance owner_of(const NodeRecord& node, ServiceRecord service) {
  model::Instance owner;
  owner.service = std::move(service.name);
  owner.node = node.name;
  owner.id = std::move(service.id);
  owner.address = service.address.empty() ? node.address : std::move(service.address);
  owner.port = static_cast<std::uint16_t>(service.port);
  return owner;
}

/// Of this thread. (Time that a slow Consul takes costs nothing.)
std::chrono::nanoseconds processor_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

Task<Result<std::vector<model::Instance>>> ConsulCatalog::instances(std::string service, Deadline deadline) {
  auto answer = co_await client_.read("/v1/health/service/" + text::percent_encode(service), deadline);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status != 200) co_return std::unexpected(refusal("read service " + service, *answer));
  auto instances = parse_health_answer(answer->body);
  if (instances && instances->empty()) {
    auto allowed = co_await check_may_read_service(&client_, service, deadline);
    if (!allowed) co_return std::unexpected(allowed.error());
  }
  co_return instances;
}

Task<Result<std::vector<std::string>>> ConsulCatalog::services(Deadline deadline) {
  auto answer = co_await client_.read("/v1/catalog/services", deadline);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status != 200) co_return std::unexpected(refusal("list services", *answer));
  co_return parse_services_answer(answer->body);
}

Task<Result<HealthReport>> ConsulCatalog::health(std::uint64_t index, Deadline deadline) {
  // An index from before a disturbance may belong to another history, in which it never comes.
  bool at_once = index == 0 || health_epoch_ != client_.epoch();
  auto asking = at_once ? client_.read(kHealthState, deadline) : client_.block(kHealthState, index, deadline);
  auto answer = co_await std::move(asking);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status != 200) co_return std::unexpected(refusal("read the health of all services", *answer));
  if (!at_once && answer->index == index) co_return fail(Errc::Timeout, "consul: no health changed in time");
  auto findings = parse_health_state(answer->body);
  if (!findings) co_return std::unexpected(findings.error());
  health_epoch_ = answer->epoch;
  co_return HealthReport{std::move(*findings), std::max<std::uint64_t>(answer->index, 1)};
}

/// What it is given belongs to the caller, which awaits it.
Task<> ConsulCatalog::add_addresses_of(std::string node, AddressReport* report, Result<>* whole,
                                       Deadline deadline) {
  auto answer = co_await client_.read("/v1/catalog/node/" + text::percent_encode(node), deadline);
  Result<std::optional<NodeServices>> found;
  if (!answer)
    found = std::unexpected(answer.error());
  else if (answer->status != 200)
    found = std::unexpected(refusal("read node " + node, *answer));
  else
    found = parse_node_services(answer->body);
  if (!found) *whole = std::unexpected(found.error());
  if (!found || !*found) co_return;  // it has left meanwhile
  for (auto& service : (*found)->services)
    if (service.port > 0 && service.port <= UINT16_MAX)
      report->owners.push_back(owner_of((*found)->node, std::move(service)));
}

Task<Result<AddressReport>> ConsulCatalog::read_addresses(std::uint64_t index, Deadline deadline) {
  auto answer = co_await client_.read("/v1/catalog/nodes", deadline);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status != 200) co_return std::unexpected(refusal("list nodes", *answer));
  auto nodes = parse_nodes(answer->body);
  if (!nodes) co_return std::unexpected(nodes.error());
  AddressReport report{{}, index};
  Result<> whole;
  auto read_one = [&](std::size_t n) {
    return add_addresses_of((*nodes)[n].name, &report, &whole, deadline);
  };
  co_await for_each_concurrently(nodes->size(), kNodeReads, read_one);
  if (!whole) co_return std::unexpected(whole.error());
  std::ranges::sort(report.owners, {}, [](const auto& i) { return std::tie(i.address, i.port); });
  co_return report;
}

Task<Result<AddressReport>> ConsulCatalog::addresses(std::uint64_t index, Deadline deadline) {
  if (index != 0)
    co_await sleep_for(std::min<Clock::duration>(next_addresses_ - Clock::now(), deadline.left()));
  bool at_once = index == 0 || address_epoch_ != client_.epoch();  // Consul may have been restarted meanwhile
  auto asking = at_once ? client_.read(kServices, deadline) : client_.block(kServices, index, deadline);
  auto answer = co_await std::move(asking);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status != 200) co_return std::unexpected(refusal("list services", *answer));
  if (!at_once && answer->index == index) co_return fail(Errc::Timeout, "consul: no address changed in time");
  auto began = processor_time();
  auto report = co_await read_addresses(std::max<std::uint64_t>(answer->index, 1),
                                        deadline.min(Deadline::after(kAddressTime)));
  next_addresses_ = Clock::now() + (processor_time() - began) * kAddressCost;
  if (report) address_epoch_ = answer->epoch;
  co_return report;
}

}  // namespace dfp::registry::consul
