#include "app/docker_discovery.hpp"

#include "base/log.hpp"
#include "docker/discovery/ipvs.hpp"
#include "docker/discovery/listener.hpp"
#include "docker/host_address.hpp"

namespace dfp::app {
namespace discovery = docker::discovery;
namespace {

/// An engine at a Unix socket or a loopback address is on this host.
discovery::EngineHost engine_host(const settings::Docker& settings) {
  discovery::EngineHost host;
  auto endpoint = docker::parse_docker_host(settings.address, settings.tls);
  if (!endpoint || endpoint->kind == net::Endpoint::Kind::Unix) return host;
  auto address = docker::numeric_address(*endpoint);
  if (!address) log::warn("docker.host_unknown", {{"name", endpoint->host}});
  host.address = address.value_or("");
  host.local = host.address.starts_with("127.") || host.address == "::1";
  return host;
}

std::unique_ptr<discovery::Source> make_source(Executor executor, docker::Engine& engine,
                                               const settings::Docker& settings) {
  auto own = discovery::own_container_id();
  if (settings.discovery == settings::Docker::Discovery::Swarm)
    return std::make_unique<discovery::SwarmSource>(std::move(executor), engine, own);
  return std::make_unique<discovery::ContainerSource>(std::move(executor), engine, own,
                                                      engine_host(settings));
}

discovery::FollowerSettings follower_settings(const settings::Settings& settings) {
  discovery::FollowerSettings out;
  out.rules.notify = settings.docker.notify_label;
  if (settings.docker.filter_instance) out.rules.instance_name = settings.instance_name;
  out.network = settings.docker.network;
  out.poll = settings.docker.poll;
  out.poll_fast = std::min(out.poll_fast, out.poll);
  return out;
}

/// Said once, because it explains every connection that hangs later.
void warn_about_ipvs(settings::Docker::Discovery kind) {
  if (kind != settings::Docker::Discovery::Swarm || discovery::find_ipvs() != discovery::Ipvs::Absent) return;
  log::warn(
      "docker.no_ipvs",
      {{"what", "this kernel has no IPVS: Swarm's virtual IPs and routing mesh do not work"},
       {"instead", "publish ports with mode=host, use --endpoint-mode dnsrr, and no discoveryType=overlay"}});
}

}  // namespace

/// The reconciler, as the follower sees it.
class DockerDiscovery::Proxy : public discovery::FollowedProxy {
 public:
  explicit Proxy(reconcile::Reconciler& reconciler) : reconciler_(reconciler) {}

  /// Also with what it knew last, where the registry is away.
  bool ready() const override { return reconciler_.synchronised() || !reconciler_.state().services.empty(); }
  const model::DesiredState& served() const override { return reconciler_.state(); }
  Task<Result<>> reconfigure(model::Definition definition, std::string changed_by) override {
    auto origin = reconcile::Origin::label(std::move(changed_by));
    auto done = co_await reconciler_.reconfigure(std::move(definition), std::move(origin));
    co_return without_outcome(done);
  }
  Task<Result<>> repin(std::string service) override {
    auto done = co_await reconciler_.repin(std::move(service));
    co_return without_outcome(done);
  }
  Task<Result<>> unpin(std::string service, std::set<std::string> ids) override {
    auto done = co_await reconciler_.unpin(std::move(service), std::move(ids));
    co_return without_outcome(done);
  }
  /// Not while the registry is away. Without copies the service answers 503 meanwhile.
  Task<Result<>> remove(std::string service, std::string changed_by) override {
    auto origin = reconcile::Origin::label(std::move(changed_by));
    auto done = co_await reconciler_.remove(std::move(service), std::move(origin));
    co_return without_outcome(done);
  }

 private:
  static Result<> without_outcome(const Result<reconcile::Outcome>& done) {
    if (!done) return std::unexpected(done.error());
    return {};
  }
  reconcile::Reconciler& reconciler_;
};

DockerDiscovery::DockerDiscovery(Executor executor, const settings::Settings& settings,
                                 OpenRegistry& registry, std::unique_ptr<docker::EngineClient> engine)
    : executor_(std::move(executor)),
      settings_(follower_settings(settings)),
      engine_(std::move(engine)),
      source_(make_source(executor_, *engine_, settings.docker)),
      catalog_(*source_, registry.catalog(), settings.docker.network),
      template_source_(*source_, catalog_, registry.template_source(), registry.key_value()) {
  warn_about_ipvs(settings.docker.discovery);
}

DockerDiscovery::~DockerDiscovery() = default;

Result<std::unique_ptr<DockerDiscovery>> DockerDiscovery::make(Executor executor,
                                                               const settings::Settings& settings,
                                                               OpenRegistry& registry) {
  auto engine = open_engine(executor, settings.docker);
  if (!engine) return std::unexpected(engine.error());
  return std::unique_ptr<DockerDiscovery>(
      new DockerDiscovery(std::move(executor), settings, registry, std::move(*engine)));
}

void DockerDiscovery::follow(reconcile::Reconciler& reconciler) {
  proxy_ = std::make_unique<Proxy>(reconciler);
  follower_ = std::make_unique<discovery::Follower>(executor_, *engine_, *source_, *proxy_, settings_);
  follower_->start();
}

Task<> DockerDiscovery::stop() {
  if (follower_) co_await follower_->stop();
}

std::optional<net::HttpResponse> DockerDiscovery::answer(std::string_view path) {
  if (!follower_) return std::nullopt;
  return discovery::answer_listener(path, *follower_);
}

std::map<std::string, std::string> DockerDiscovery::problems() const {
  return follower_ ? follower_->status().problems : std::map<std::string, std::string>();
}

std::string DockerDiscovery::error() const { return follower_ ? follower_->status().error : std::string(); }

}  // namespace dfp::app
