#pragma once
#include <memory>

#include "app/docker_discovery.hpp"
#include "app/open_registry.hpp"
#include "app/registrator.hpp"

namespace dfp::app {

/// What a server does with a Docker Engine; both parts are nullptr when the settings do not ask for them.
struct DockerParts {
  std::unique_ptr<DockerDiscovery> discovery;
  std::unique_ptr<RegistratorPart> registrator;

  /// Begins in the background. The proxy serves whether an engine answers or not.
  void start(Executor executor, reconcile::Reconciler& reconciler);
  Task<> stop();
};

/// @return InvalidArgument for an address or options that cannot be read.
Result<DockerParts> make_docker_parts(Executor executor, const settings::Settings& settings,
                                      OpenRegistry& registry);

}  // namespace dfp::app
