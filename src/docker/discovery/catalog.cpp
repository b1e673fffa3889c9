#include "docker/discovery/catalog.hpp"

#include <algorithm>
#include <set>

#include "base/parse.hpp"
#include "base/wait.hpp"
#include "docker/discovery/instances.hpp"
#include "docker/discovery/labels.hpp"
#include "registry/answer_digest.hpp"

namespace dfp::docker::discovery {

namespace {

/// How often a waiting reader of addresses takes up what the engine has shown meanwhile.
constexpr auto kViewInterval = std::chrono::milliseconds(500);

/// As far as labels tell it.
model::Definition definition_of(const ServiceView& service) {
  model::Definition definition;
  definition.service = service.called();
  auto port = parse::number(label_of(service.labels, "com.df.port"), 1, 65535);
  definition.port = static_cast<std::uint16_t>(port.value_or(0));
  definition.network = label_of(service.labels, "com.df.network");
  return definition;
}

using Instances = Result<std::vector<model::Instance>>;

/// The copies of all services: in their networks an address is theirs alone, on their nodes a port.
void add_owners(const View& view, std::vector<model::Instance>& owners) {
  for (const auto& service : view.services)
    for (const auto& replica : service.replicas) {
      if (!replica.usable) continue;
      model::Instance owner;
      owner.service = service.called();
      owner.node = replica.node;
      owner.id = replica.id;
      for (const auto& address : replica.addresses) {
        owner.address = address.ip;
        owners.push_back(owner);
      }
      for (const auto& [port, published] : replica.published) {
        owner.address = published.address;
        owner.port = published.port;
        owners.push_back(owner);
      }
    }
}

/// The other catalog's answer; where it has none, an engine that is away is the reason.
Instances known_elsewhere(const Result<ViewPtr>& view, Instances others) {
  bool unknown = !others || others->empty();
  if (!view && unknown) return std::unexpected(view.error());
  return others;
}

}  // namespace

Task<Result<std::vector<model::Instance>>> DockerCatalog::instances(std::string service, Deadline deadline) {
  auto view = co_await source_.recent(deadline);
  if (view)
    if (auto* found = (*view)->find(service))
      co_return instances_of(**view, *found, definition_of(*found), network_);
  auto others = co_await others_.instances(std::move(service), deadline);
  co_return known_elsewhere(view, std::move(others));
}

Task<Result<std::vector<model::Instance>>> DockerCatalog::instances_for(model::Definition definition,
                                                                        registry::Freshness freshness,
                                                                        Deadline deadline) {
  Result<ViewPtr> view;
  if (freshness == registry::Freshness::Now)
    view = co_await source_.read(deadline);
  else
    view = co_await source_.recent(deadline);
  if (view)
    if (auto* service = (*view)->find(definition.registered_name()))
      co_return instances_of(**view, *service, definition, network_);
  auto others = co_await others_.instances_for(std::move(definition), freshness, deadline);
  co_return known_elsewhere(view, std::move(others));
}

Task<Result<std::vector<std::string>>> DockerCatalog::services(Deadline deadline) {
  auto view = co_await source_.recent(deadline);
  if (!view) co_return std::unexpected(view.error());
  auto others = co_await others_.services(deadline);
  if (!others) co_return others;
  std::set<std::string> names(others->begin(), others->end());
  for (const auto& service : (*view)->services) names.insert(service.called());
  co_return std::vector<std::string>(names.begin(), names.end());
}

Task<Result<registry::AddressReport>> DockerCatalog::addresses(std::uint64_t index, Deadline deadline) {
  for (;;) {
    auto others = co_await others_.addresses(index == 0 ? 0 : others_addresses_.index,
                                             deadline.min(Deadline::after(kViewInterval)));
    if (others)
      others_addresses_ = std::move(*others);
    else if (others.error().code != Errc::Timeout)
      co_await sleep_for(std::min<Clock::duration>(kViewInterval, deadline.left()));
    registry::AddressReport report{others_addresses_.owners, 0};
    if (auto view = source_.latest()) add_owners(*view, report.owners);
    std::ranges::sort(report.owners, {}, [](const auto& i) { return std::tie(i.address, i.port); });
    report.index = registry::digest(report.owners);
    if (report.index != index) co_return report;
    if (deadline.passed()) co_return fail(Errc::Timeout, "no address changed in time");
  }
}

}  // namespace dfp::docker::discovery
