#include "docker/discovery/catalog.hpp"

#include <set>

#include "base/parse.hpp"
#include "docker/discovery/instances.hpp"
#include "docker/discovery/labels.hpp"

namespace dfp::docker::discovery {

namespace {

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

}  // namespace dfp::docker::discovery
