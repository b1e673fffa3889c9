#pragma once
#include <memory>

#include "api/discovery.hpp"
#include "app/open_engine.hpp"
#include "docker/discovery/catalog.hpp"
#include "docker/discovery/follower.hpp"
#include "reconcile/reconciler.hpp"

namespace dfp::app {

/// Services and instances from a Docker Engine (setting `discovery`): a catalog for the reconciler, and a
/// follower of labels that drives it.
class DockerDiscovery : public api::Discovery {
 public:
  /// @param registry's instances are used for services that Docker does not know. @return InvalidArgument for
  /// bad settings.
  static Result<std::unique_ptr<DockerDiscovery>> make(Executor executor, const settings::Settings& settings,
                                                       registry::Catalog& registry);
  ~DockerDiscovery() override;

  registry::Catalog& catalog() { return catalog_; }
  /// Begins to follow the labels; `reconciler` has been started.
  void follow(reconcile::Reconciler& reconciler);
  Task<> stop();

  std::optional<net::HttpResponse> answer(std::string_view path) override;
  std::map<std::string, std::string> problems() const override;
  std::string error() const override;

 private:
  DockerDiscovery(Executor executor, const settings::Settings& settings, registry::Catalog& registry,
                  std::unique_ptr<docker::EngineClient> engine);

  class Proxy;
  Executor executor_;
  docker::discovery::FollowerSettings settings_;
  std::unique_ptr<docker::EngineClient> engine_;
  std::unique_ptr<docker::discovery::Source> source_;
  docker::discovery::DockerCatalog catalog_;
  std::unique_ptr<Proxy> proxy_;
  std::unique_ptr<docker::discovery::Follower> follower_;
};

}  // namespace dfp::app
