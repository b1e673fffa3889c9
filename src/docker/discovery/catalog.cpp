#include "docker/discovery/catalog.hpp"

#include <set>

#include "docker/discovery/instances.hpp"

namespace dfp::docker::discovery {

Task<Result<std::vector<model::Instance>>> DockerCatalog::instances(std::string service, Deadline deadline) {
  model::Definition definition;
  definition.service = std::move(service);
  co_return co_await instances_for(std::move(definition), deadline);
}

Task<Result<std::vector<model::Instance>>> DockerCatalog::instances_for(model::Definition definition,
                                                                        Deadline deadline) {
  auto view = co_await source_.read(deadline);
  if (view)
    if (auto* service = view->find(definition.registered_name()))
      co_return instances_of(*view, *service, definition, network_);
  auto others = co_await others_.instances_for(std::move(definition), deadline);
  bool unknown = !others || others->empty();
  if (!view && unknown) co_return std::unexpected(view.error());
  co_return others;
}

Task<Result<std::vector<std::string>>> DockerCatalog::services(Deadline deadline) {
  auto view = co_await source_.read(deadline);
  if (!view) co_return std::unexpected(view.error());
  auto others = co_await others_.services(deadline);
  if (!others) co_return others;
  std::set<std::string> names(others->begin(), others->end());
  for (const auto& service : view->services) names.insert(service.called());
  co_return std::vector<std::string>(names.begin(), names.end());
}

}  // namespace dfp::docker::discovery
