#include "app/registrator.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

#include "app/open_registry.hpp"
#include "app/registrator_tags.hpp"
#include "app/server.hpp"
#include "base/log.hpp"
#include "docker/host_address.hpp"
#include "docker/registrator/arguments.hpp"

namespace dfp::app {
namespace asio = boost::asio;
using docker::registrator::HostFacts;
using docker::registrator::Options;
using docker::registrator::Registrator;
namespace {
using namespace std::chrono_literals;

constexpr auto kCall = 10s;

}  // namespace

RegistratorPart::RegistratorPart(Executor executor, std::unique_ptr<docker::EngineClient> engine,
                                 Options options, registry::Registrar& registrar, net::Endpoint peer)
    : executor_(executor),
      engine_(std::move(engine)),
      options_(std::move(options)),
      registrar_(registrar),
      peer_(std::move(peer)),
      stopped_(std::move(executor)) {}

Result<std::unique_ptr<RegistratorPart>> RegistratorPart::make(Executor executor,
                                                               const settings::Docker& settings,
                                                               Options options,
                                                               registry::Registrar& registrar,
                                                               net::Endpoint peer) {
  auto tags = tags_template(options);
  if (!tags) return fail("registrator", tags.error());
  auto engine = open_engine(executor, settings);
  if (!engine) return std::unexpected(engine.error());
  std::unique_ptr<RegistratorPart> part(new RegistratorPart(std::move(executor), std::move(*engine),
                                                            std::move(options), registrar, std::move(peer)));
  part->tags_ = std::move(*tags);
  return part;
}

Task<Result<docker::EngineInfo>> RegistratorPart::meet_engine() {
  for (int attempt = 1;; ++attempt) {
    auto info = co_await engine_->info(Deadline::after(kCall));
    if (info) co_return info;
    if (stopping_ || (options_.retry_attempts >= 0 && attempt > options_.retry_attempts)) co_return info;
    if (attempt == 1) log::warn("registrator.engine_away", {{"error", info.error().what}});
    co_await stopped_.wait(Deadline::after(options_.retry_interval));
  }
}

HostFacts RegistratorPart::host_facts(const docker::EngineInfo& engine) const {
  HostFacts host;
  host.hostname = options_.hostname.empty() ? engine.name : options_.hostname;
  host.ip = options_.ip.empty() ? docker::host_address(engine, docker::own_hostname(), peer_) : options_.ip;
  return host;
}

Task<Result<>> RegistratorPart::start() {
  auto info = co_await meet_engine();
  if (!info) co_return std::unexpected(info.error());
  if (stopping_) co_return fail(Errc::Cancelled, "registrator: stopped");
  auto host = host_facts(*info);
  log::info("registrator.started",
            {{"host", host.hostname}, {"address", host.ip}, {"engine", info->version}});
  registrator_ =
      std::make_unique<Registrator>(executor_, *engine_, registrar_, options_, std::move(host), tags_);
  co_return co_await registrator_->start();
}

Task<> RegistratorPart::stop() {
  stopping_ = true;
  stopped_.notify_all();
  engine_->cancel();
  if (registrator_) co_await registrator_->stop();
}

Result<std::optional<Options>> inner_registrator(const settings::Docker& settings) {
  const auto& wish = settings.registrator;
  bool by_itself = !settings.address.empty() && settings.discovery == settings::Docker::Discovery::Off;
  if (wish == "off" || (wish == "auto" && !by_itself)) return std::nullopt;
  if (wish == "on" || wish == "auto") return Options{};
  auto refuse = [](const Error& why) {
    return fail(why.code, fmt::format("registrator: {}; correct --registrator", why.what));
  };
  auto words = docker::registrator::split_words(wish);
  if (!words) return refuse(words.error());
  auto options = docker::registrator::parse_arguments(*words);
  if (!options) return refuse(options.error());
  return std::move(*options);
}

net::Endpoint registry_peer(const settings::Registry& registry) {
  for (const auto& server : registry.servers)
    if (auto endpoint = net::parse_endpoint(server, 8500)) return *endpoint;
  return {net::Endpoint::Kind::Unix, "/", 0};  // the embedded registry has no address
}

namespace {

int failed(const Error& error, int otherwise) {
  log::error("registrator.start_failed", {{"error", error.what}});
  return error.code == Errc::InvalidArgument ? kBadSettings : otherwise;
}

Task<int> run(Executor executor, settings::Settings settings, Options options) {
  asio::signal_set signals(executor, SIGTERM, SIGINT);
  auto registry = open_registry(executor, settings);
  if (!registry) co_return failed(registry.error(), kNoRegistry);
  auto part = RegistratorPart::make(executor, settings.docker, std::move(options), (*registry)->registrar(),
                                    registry_peer(settings.registry));
  if (!part) co_return failed(part.error(), kFailed);

  int code = kEnded;
  auto begin = [](RegistratorPart* registrator, asio::signal_set* until, int* status) -> Task<> {
    auto started = co_await registrator->start();
    if (started || started.error().code == Errc::Cancelled) co_return;
    *status = failed(started.error(), kNoRegistry);
    until->cancel();
  };
  spawn(executor, begin(part->get(), &signals, &code), "registrator.start");
  boost::system::error_code ignored;
  co_await signals.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  log::info("registrator.stopping");
  auto& registrator = **part;
  co_await registrator.stop();
  co_return code;
}

}  // namespace

int run_registrator(const settings::Settings& settings, const Options& options) {
  log::configure(settings.log_level, settings.log_format);
  std::signal(SIGPIPE, SIG_IGN);
  asio::io_context context(1);
  int code = kFailed;
  asio::co_spawn(context, run(context.get_executor(), settings, options),
                 [&](std::exception_ptr failure, int ended) {
                   code = failure ? kFailed : ended;
                   context.stop();
                   if (failure) std::rethrow_exception(failure);
                 });
  context.run();
  return code;
}

}  // namespace dfp::app
