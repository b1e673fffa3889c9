#pragma once
#include <memory>

#include "app/open_engine.hpp"
#include "base/wait.hpp"
#include "docker/registrator/registrator.hpp"
#include "registry/registrar.hpp"

namespace dfp::app {

/// A registrator with its engine. It learns the host's name and address from the engine first.
class RegistratorPart {
 public:
  /// @param peer whoever has to reach the registered addresses: the registry
  static Result<std::unique_ptr<RegistratorPart>> make(Executor executor, const settings::Docker& settings,
                                                       docker::registrator::Options options,
                                                       registry::Registrar& registrar, net::Endpoint peer);

  /// Completes when engine and registry were compared for the first time; the work goes on after that.
  /// @return why not, when the attempts that the options allow have failed.
  Task<Result<>> start();
  Task<> stop();

 private:
  RegistratorPart(Executor executor, std::unique_ptr<docker::EngineClient> engine,
                  docker::registrator::Options options, registry::Registrar& registrar, net::Endpoint peer);
  Task<Result<docker::EngineInfo>> meet_engine();
  docker::registrator::HostFacts host_facts(const docker::EngineInfo& engine) const;

  Executor executor_;
  std::unique_ptr<docker::EngineClient> engine_;
  docker::registrator::Options options_;
  docker::registrator::TagsTemplate tags_;
  registry::Registrar& registrar_;
  net::Endpoint peer_;
  std::unique_ptr<docker::registrator::Registrator> registrator_;
  Signal stopped_;
  bool stopping_ = false;
};

/// The registrator's options out of the setting `registrator`; nullopt when none is to run inside of a
/// server.
Result<std::optional<docker::registrator::Options>> inner_registrator(const settings::Docker& settings);

/// An address of the settings' registry, for choosing the host's own address.
net::Endpoint registry_peer(const settings::Registry& registry);

/// Runs a registrator alone until SIGTERM or SIGINT. @return an ExitCode (app/server.hpp).
int run_registrator(const settings::Settings& settings, const docker::registrator::Options& options);

}  // namespace dfp::app
