#include "app/docker_parts.hpp"

#include "base/log.hpp"

namespace dfp::app {
namespace {

/// An engine that is away is waited for; only options can make this fail.
Task<> start_registrator(RegistratorPart* registrator) {
  auto started = co_await registrator->start();
  if (!started && started.error().code != Errc::Cancelled)
    log::error("registrator.start_failed", {{"error", started.error().what}});
}

}  // namespace

void DockerParts::start(Executor executor, reconcile::Reconciler& reconciler) {
  if (discovery) discovery->follow(reconciler);
  if (registrator) spawn(executor, start_registrator(registrator.get()), "registrator.start");
}

Task<> DockerParts::stop() {
  if (discovery) co_await discovery->stop();
  if (registrator) co_await registrator->stop();
}

Result<DockerParts> make_docker_parts(Executor executor, const settings::Settings& settings,
                                      OpenRegistry& registry) {
  DockerParts parts;
  if (settings.docker.discovery != settings::Docker::Discovery::Off) {
    auto discovery = DockerDiscovery::make(executor, settings, registry);
    if (!discovery) return std::unexpected(discovery.error());
    parts.discovery = std::move(*discovery);
  }
  auto options = inner_registrator(settings.docker);
  if (!options) return std::unexpected(options.error());
  if (!*options) return parts;
  auto registrator = RegistratorPart::make(executor, settings.docker, std::move(**options),
                                           registry.registrar(), registry_peer(settings.registry));
  if (!registrator) return std::unexpected(registrator.error());
  parts.registrator = std::move(*registrator);
  return parts;
}

}  // namespace dfp::app
