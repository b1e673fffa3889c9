#pragma once
#include <memory>

#include "api/discovery.hpp"
#include "app/open_engine.hpp"
#include "app/open_registry.hpp"
#include "docker/discovery/catalog.hpp"
#include "docker/discovery/follower.hpp"
#include "docker/discovery/template_source.hpp"
#include "reconcile/reconciler.hpp"

namespace dfp::app {

/// Services and instances from a Docker Engine (setting `discovery`): a catalog for the reconciler, the
/// same for templates, and a follower of labels that drives it.
class DockerDiscovery : public api::Discovery {
 public:
  /// @param registry is asked for services that Docker does not know. It has to outlive this object.
  /// @return InvalidArgument for bad settings.
  static Result<std::unique_ptr<DockerDiscovery>> make(Executor executor, const settings::Settings& settings,
                                                       OpenRegistry& registry);
  ~DockerDiscovery() override;

  registry::Catalog& catalog() { return catalog_; }
  registry::TemplateSource& template_source() { return template_source_; }
  /// Begins to follow the labels; `reconciler` has been started.
  void follow(reconcile::Reconciler& reconciler);
  Task<> stop();

  std::optional<net::HttpResponse> answer(std::string_view path) override;
  std::map<std::string, std::string> problems() const override;
  std::string error() const override;

 private:
  DockerDiscovery(Executor executor, const settings::Settings& settings, OpenRegistry& registry,
                  std::unique_ptr<docker::EngineClient> engine);

  class Proxy;
  Executor executor_;
  docker::discovery::FollowerSettings settings_;
  std::unique_ptr<docker::EngineClient> engine_;
  std::unique_ptr<docker::discovery::Source> source_;
  docker::discovery::DockerCatalog catalog_;
  docker::discovery::DockerTemplateSource template_source_;
  std::unique_ptr<Proxy> proxy_;
  std::unique_ptr<docker::discovery::Follower> follower_;
};

}  // namespace dfp::app
