#include "app/server.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "app/api_server.hpp"
#include "app/docker_parts.hpp"
#include "app/ending.hpp"
#include "app/guarded_catalog.hpp"
#include "app/haproxy_settings.hpp"
#include "app/open_registry.hpp"
#include "app/process_setup.hpp"
#include "app/template_renderer.hpp"
#include "base/log.hpp"
#include "base/log_output.hpp"
#include "base/text.hpp"
#include "base/wait.hpp"
#include "base/yield.hpp"
#include "docker/host_address.hpp"
#include "haproxy/driver/driver.hpp"
#include "metrics/metrics.hpp"
#include "reconcile/reconciler.hpp"

namespace dfp::app {
namespace {
namespace asio = boost::asio;
using namespace std::chrono_literals;

/// After SIGTERM; below the 10 s that a container engine waits before SIGKILL.
constexpr auto kFinishRequests = 8s;
constexpr auto kHousekeepingInterval = 10s;

Task<> keep_house(std::shared_ptr<Signal> stopping) {
  auto& dropped = metrics::process_registry().counter(
      "dfp_log_lines_dropped_total", "Lines of the log that were lost since nobody read them.");
  for (;;) {
    bool stop = co_await stopping->wait(Deadline::after(kHousekeepingInterval));
    if (stop) co_return;
    trim_memory();
    dropped.add(log::dropped() - dropped.value());
  }
}

reconcile::ReconcilerSettings reconciler_settings(const settings::Settings& settings) {
  reconcile::ReconcilerSettings out;
  out.last_known_file = (std::filesystem::path(settings.state_dir) / "last-known.json").string();
  out.request_timeout = settings.request_timeout;
  out.shrink_hold = settings.shrink_hold;
  out.accept_registry = settings.accept_empty_registry;
  out.watch.quiet = settings.watch.quiet;
  out.watch.most = settings.watch.most;
  out.follow_health = settings.checks.by == settings::Checks::By::Registry;
  return out;
}

/// All parts of a running proxy, in the order in which they depend on each other.
class Server {
 public:
  Server(Executor executor, const settings::Settings& settings, std::unique_ptr<OpenRegistry> registry,
         DockerParts docker)
      : executor_(executor),
        registry_(std::move(registry)),
        docker_(std::move(docker)),
        own_api_(net::parse_listen_address(settings.api).value_or(net::ListenAddress()),
                 {text::lower(docker::own_hostname())}),
        catalog_(docker_.discovery ? docker_.discovery->catalog() : registry_->catalog(), own_api_),
        store_(registry_->key_value(), settings.instance_name),
        driver_(executor, guarded(haproxy_settings(settings))),
        renderer_(executor, settings,
                  docker_.discovery ? docker_.discovery->template_source() : registry_->template_source()),
        reconciler_(executor, catalog_, store_, driver_, reconciler_settings(settings),
                    {&renderer_, docker_.discovery ? nullptr : &registry_->template_source()}),
        api_(executor, settings,
             {.reconciler = reconciler_,
              .catalog = catalog_,
              .registrar = &registry_->registrar(),
              .discovery = docker_.discovery.get(),
              .is_own_address = [this](const auto& host, auto port) { return own_api_.is(host, port); }}) {}

  /// @return an ExitCode; kEnded when everything runs.
  Task<int> start() {
    auto listening = api_.listen();
    if (!listening) co_return fail_start("api", listening.error(), kFailed);
    own_api_.set_port(api_.port());
    auto started = co_await reconciler_.start();
    if (!started) co_return fail_start("haproxy", started.error(), kNoHaproxy);
    docker_.start(executor_, reconciler_);
    spawn(executor_, keep_house(stopping_), "server.keep_house");
    co_return kEnded;
  }

  /// Ends what a start that is no longer wanted waits for.
  void interrupt_start() { registry_->cancel(); }

  /// @param finish how long running requests may go on: no time after a start that failed, whose world is
  /// empty.
  /// @return whether everything has ended; else something still refers to the parts.
  Task<bool> stop(Clock::duration finish) {
    auto deadline = Deadline::after(kFinishRequests);
    stopping_->notify_all();
    auto finished = co_await api_.shutdown(deadline.min(Deadline::after(finish)));
    co_await docker_.stop();
    // What follows the registry may be asleep in a long poll; notified to stop (first), it ends when that is
    // cancelled.
    bool cancelled = false;
    asio::post(executor_, [this, &cancelled] {
      registry_->cancel();
      cancelled = true;
    });
    co_await reconciler_.stop();
    co_await driver_.stop(deadline);
    while (!cancelled) co_await yield();
    co_return finished;
  }

  std::uint16_t api_port() const { return api_.port(); }
  std::size_t services() const { return reconciler_.state().services.size(); }

 private:
  haproxy::Settings guarded(haproxy::Settings settings) {
    settings.is_own_api = [this](const auto& host, auto port) { return own_api_.is(host, port); };
    return settings;
  }

  Executor executor_;
  std::unique_ptr<OpenRegistry> registry_;
  DockerParts docker_;
  OwnApi own_api_;
  GuardedCatalog catalog_;
  registry::DefinitionStore store_;
  haproxy::Driver driver_;
  TemplateRenderer renderer_;
  reconcile::Reconciler reconciler_;
  ApiServer api_;
  std::shared_ptr<Signal> stopping_ = std::make_shared<Signal>(executor_);
};

/// Something did not end in time and still refers to the parts: nothing may be destroyed under it.
[[noreturn]] void exit_at_once(int code) {
  log::info("server.stopped");
  log::flush(500ms);
  std::_Exit(code);
}

/// Until the start has ended. @return nothing when it was a signal that ended it.
Task<std::optional<int>> start(Server* server, std::shared_ptr<Ending> ending) {
  Ending::run(ending, server->start());
  co_await ending->wait_for_signal_or_start();
  if (ending->started()) co_return ending->started();
  log::info("server.stopping", {{"signal", *ending->signal()}, {"during", "start"}});
  server->interrupt_start();
  co_await ending->wait_for_start(Deadline::after(kFinishRequests));
  if (ending->started()) co_return std::nullopt;
  log::error("server.start_abandoned", {{"waited_s", kFinishRequests.count()}});
  exit_at_once(kFailed);
}

Task<int> run(Executor executor, settings::Settings settings) {
  auto ending = std::make_shared<Ending>(executor);
  Ending::watch(ending);
  auto registry = open_registry(executor, settings);
  if (!registry) {
    bool bad_setting = registry.error().code == Errc::InvalidArgument;
    co_return fail_start("registry", registry.error(), bad_setting ? kBadSettings : kNoRegistry);
  }

  auto docker = make_docker_parts(executor, settings, **registry);
  if (!docker) co_return fail_start("docker", docker.error(), kBadSettings);

  Server server(executor, settings, std::move(*registry), std::move(*docker));
  auto started = co_await start(&server, ending);
  if (started == kEnded) {
    log::info("server.ready",
              {{"api_port", server.api_port()}, {"http", settings.http}, {"services", server.services()}});
    co_await ending->wait_for_signal();
    log::info("server.stopping", {{"signal", *ending->signal()}});
  }
  auto ended = co_await server.stop(started == kEnded ? kFinishRequests : 0s);
  if (!ended) exit_at_once(started.value_or(kEnded));
  log::info("server.stopped");
  co_return started.value_or(kEnded);
}

}  // namespace

int run_server(const settings::Settings& settings) {
  log::configure(settings.log_level, settings.log_format);
  set_up_process();
  if (auto made = make_folders(settings); !made) return fail_start("folders", made.error(), kBadSettings);

  asio::io_context context(1);
  int code = kFailed;
  asio::co_spawn(context, run(context.get_executor(), settings), [&](std::exception_ptr failure, int ended) {
    code = failure ? kFailed : ended;
    context.stop();
    if (failure) std::rethrow_exception(failure);
  });
  context.run();
  return code;
}

}  // namespace dfp::app
