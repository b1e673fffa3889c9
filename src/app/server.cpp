#include "app/server.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <filesystem>

#include "api/api.hpp"
#include "app/docker_parts.hpp"
#include "app/haproxy_settings.hpp"
#include "app/open_registry.hpp"
#include "app/template_renderer.hpp"
#include "base/log.hpp"
#include "base/private_files.hpp"
#include "base/wait.hpp"
#include "haproxy/driver.hpp"
#include "net/http_server.hpp"
#include "reconcile/reconciler.hpp"

namespace dfp::app {
namespace {
namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto kFinishRequests =
    8s;  ///< after SIGTERM; below the 10 s that a container engine waits before SIGKILL

constexpr auto kTrimInterval = 10s;

/// Each long poll and each client is a file descriptor: take what the system allows.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// One thread allocates nearly everything: more arenas of glibc's malloc would only hold on to memory, and
/// large buffers (rendered files, answers of registries) are given back when they are freed.
void keep_memory_small() {
  ::mallopt(M_ARENA_MAX, 1);
  ::mallopt(M_MMAP_THRESHOLD, 256 * 1024);
  ::mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
}

/// What many small values leave between those that live longer goes back to the system, once in a while: it
/// takes a few milliseconds where there are 10,000 services.
Task<> trim_memory(std::shared_ptr<Signal> stopping) {
  for (;;) {
    bool stop = co_await stopping->wait(Deadline::after(kTrimInterval));
    if (stop) co_return;
    ::malloc_trim(0);
  }
}

int fail_start(std::string_view what, const Error& error, int otherwise) {
  log::error("server.start_failed", {{"step", what}, {"error", error.what}});
  return error.code == Errc::Conflict          ? kPortTaken
         : error.code == Errc::InvalidArgument ? kBadSettings
                                               : otherwise;
}

Result<> make_folders(const settings::Settings& settings) {
  ::umask(077);  // whatever is written from here on, by us or by HAProxy, is for our user alone
  auto made = file::make_private_folder(settings.state_dir, "state-dir");
  if (made) made = file::make_private_folder(settings.run_dir, "run-dir");
  return made;
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
        catalog_(docker_.discovery ? docker_.discovery->catalog() : registry_->catalog()),
        store_(registry_->key_value(), settings.instance_name),
        driver_(executor, haproxy_settings(settings)),
        renderer_(executor, settings,
                  docker_.discovery ? docker_.discovery->template_source() : registry_->template_source()),
        reconciler_(executor, catalog_, store_, driver_, reconciler_settings(settings),
                    {&renderer_, docker_.discovery ? nullptr : &registry_->template_source()}),
        api_({reconciler_, catalog_, &registry_->registrar(), docker_.discovery.get()}),
        http_(executor, [this](net::HttpRequest request) { return api_.handle(std::move(request)); }) {}

  /// @return an ExitCode; kEnded when everything runs.
  Task<int> start(net::ListenAddress api_address) {
    auto listening = http_.listen(api_address);
    if (!listening) co_return fail_start("api", listening.error(), kFailed);
    auto started = co_await reconciler_.start();
    if (!started) co_return fail_start("haproxy", started.error(), kNoHaproxy);
    docker_.start(executor_, reconciler_);
    spawn(executor_, trim_memory(stopping_), "server.trim_memory");
    co_return kEnded;
  }

  Task<> stop() {
    auto deadline = Deadline::after(kFinishRequests);
    stopping_->notify_all();
    co_await http_.shutdown(deadline);
    co_await docker_.stop();
    // What follows the registry may be asleep in a long poll; told to stop (first), it ends when that is
    // cancelled.
    asio::post(executor_, [this] { registry_->cancel(); });
    co_await reconciler_.stop();
    co_await driver_.stop(deadline);
  }

  std::uint16_t api_port() const { return http_.port(); }
  std::size_t services() const { return reconciler_.state().services.size(); }

 private:
  Executor executor_;
  std::unique_ptr<OpenRegistry> registry_;
  DockerParts docker_;
  registry::Catalog& catalog_;
  registry::DefinitionStore store_;
  haproxy::Driver driver_;
  TemplateRenderer renderer_;
  reconcile::Reconciler reconciler_;
  api::Api api_;
  net::HttpServer http_;
  std::shared_ptr<Signal> stopping_ = std::make_shared<Signal>(executor_);
};

Task<int> run(Executor executor, settings::Settings settings) {
  asio::signal_set signals(executor, SIGTERM, SIGINT);
  auto address = net::parse_listen_address(settings.api);
  if (!address) co_return fail_start("settings", address.error(), kBadSettings);
  auto registry = open_registry(executor, settings);
  if (!registry) co_return fail_start("registry", registry.error(), kNoRegistry);

  auto docker = make_docker_parts(executor, settings, **registry);
  if (!docker) co_return fail_start("docker", docker.error(), kBadSettings);

  Server server(executor, settings, std::move(*registry), std::move(*docker));
  auto code = co_await server.start(*address);
  if (code == kEnded) {
    log::info("server.ready",
              {{"api_port", server.api_port()}, {"http", settings.http}, {"services", server.services()}});
    auto signal = co_await signals.async_wait(asio::use_awaitable);
    log::info("server.stopping", {{"signal", signal}});
  }
  co_await server.stop();
  log::info("server.stopped");
  co_return code;
}

}  // namespace

int run_server(const settings::Settings& settings) {
  log::configure(settings.log_level, settings.log_format);
  std::signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  keep_memory_small();
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
