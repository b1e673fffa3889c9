#include "docker/discovery/catalog.hpp"

#include <set>

#include "base/parse.hpp"
#include "docker/discovery/instances.hpp"

namespace dfp::docker::discovery {

namespace {

std::string label_of(const ServiceView& service, const char* name) {
  auto at = service.labels.find(name);
  return at == service.labels.end() ? std::string() : at->second;
}

/// As far as labels tell it.
model::Definition definition_of(const ServiceView& service) {
  model::Definition definition;
  definition.service = service.called();
  auto port = parse::number(label_of(service, "com.df.port"), 1, 65535);
  definition.port = static_cast<std::uint16_t>(port.value_or(0));
  definition.network = label_of(service, "com.df.network");
  return definition;
}

}  // namespace

Task<Result<bool>> DockerCatalog::knows(std::string service, Deadline deadline) {
  auto view = co_await source_.read(deadline);
  if (!view) co_return std::unexpected(view.error());
  co_return (*view)->find(service) != nullptr;
}

Task<Result<std::vector<model::Instance>>> DockerCatalog::instances(std::string service, Deadline deadline) {
  auto view = co_await source_.recent(deadline);
  if (view)
    if (auto* found = (*view)->find(service))
      co_return instances_of(**view, *found, definition_of(*found), network_);
  auto others = co_await others_.instances(std::move(service), deadline);
  bool unknown = !others || others->empty();
  if (!view && unknown) co_return std::unexpected(view.error());
  co_return others;
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
  bool unknown = !others || others->empty();
  if (!view && unknown) co_return std::unexpected(view.error());
  co_return others;
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
