#include "app/api_server.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"
#include "docker/host_address.hpp"

namespace dfp::app {
namespace {

std::size_t descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  return static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur, 1 << 20));
}

/// An address that cannot be listened on, with the way out.
Error with_way_out(std::string_view setting, const Error& error, std::string_view when_taken,
                   std::string_view else_) {
  bool taken = error.code == Errc::Conflict;
  return {taken ? Errc::Conflict : Errc::InvalidArgument,
          fmt::format("{}: {}; {}", setting, error.what, taken ? when_taken : else_)};
}

}  // namespace

net::HttpServerLimits api_limits(std::size_t descriptors) {
  net::HttpServerLimits limits;
  auto ours = std::clamp<std::size_t>(descriptors / 4, 64, 512);
  limits.reserved = 32;
  ours += limits.reserved;
  limits.max_connections = std::clamp<std::size_t>(descriptors > ours ? descriptors - ours : 0, 16, 1024);
  limits.max_per_peer = std::max<std::size_t>(8, limits.max_connections / 4);
  limits.keep_bodies = false;
  limits.when_crowded = api::Api::when_crowded;
  return limits;
}

ApiServer::ApiServer(Executor executor, const settings::Settings& settings, api::Parts parts)
    : settings_(settings),
      parts_(std::move(parts)),
      http_(
          executor, [this](net::HttpRequest request) { return api_->handle(std::move(request)); },
          api_limits(descriptor_limit())) {}

Result<> ApiServer::listen() {
  const auto& access = settings_.api_access;
  parts_.access.hosts = access.hosts;
  parts_.access.hosts.push_back(text::lower(docker::own_hostname()));
  parts_.access.get_mutates = access.get_mutates;
  if (!access.token_file.empty()) {
    auto tokens = api::TokenFile::open(access.token_file);
    if (!tokens)
      return fail(tokens.error().code,
                  tokens.error().what + "; correct it, or name another one with --api-token-file");
    parts_.access.tokens = &tokens_.emplace(std::move(*tokens));
  }
  warn_when_open();
  api_.emplace(parts_);
  if (auto listening = listen_tcp(); !listening) return listening;
  return listen_unix();
}

Result<> ApiServer::listen_tcp() {
  const auto& access = settings_.api_access;
  auto address = net::parse_listen_address(settings_.api);
  if (!address) return fail("api", address.error());
  auto listening = access.tls_cert.empty()
                       ? http_.listen(*address)
                       : http_.listen_tls(*address, {access.tls_cert, access.tls_key, access.client_ca});
  if (listening) return {};
  bool files = listening.error().code == Errc::InvalidArgument;
  return std::unexpected(
      with_way_out("api", listening.error(),
                   "end the program that has it (ss -ltnp shows which one), or choose another with --api",
                   files ? "see --api-tls-cert, --api-tls-key and --api-client-ca"
                         : "choose an address of this machine with --api"));
}

Result<> ApiServer::listen_unix() {
  const auto& path = settings_.api_access.socket;
  if (path == "off" || path.empty()) return {};
  auto listening = http_.listen_unix(path);
  if (listening) return {};
  return std::unexpected(with_way_out("api-socket", listening.error(),
                                      "another docker-flow-proxy uses it, or something else is in its place: "
                                      "give this one its own --run-dir, or "
                                      "another --api-socket",
                                      "choose another place with --api-socket, or none: --api-socket off"));
}

void ApiServer::warn_when_open() {
  auto host = settings_.api.substr(0, settings_.api.rfind(':'));
  bool loopback = host.starts_with("127.") || host == "[::1]";
  parts_.open = !loopback && !settings_.api_access.asks();
  metrics::process_registry()
      .gauge("dfp_api_open", "1 if the API is open: anyone who can reach it can change everything.")
      .set(parts_.open ? 1 : 0);
  if (parts_.open)
    log::warn("api.open", {{"api", settings_.api},
                           {"meaning", "anyone who can reach it can change everything"},
                           {"way_out", "--api-token-file, --api-client-ca, or publish it on 127.0.0.1"}});
}

}  // namespace dfp::app
