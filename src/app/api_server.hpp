#pragma once
#include <optional>

#include "api/api.hpp"
#include "net/http_server.hpp"
#include "settings/settings.hpp"

namespace dfp::app {

/// The API as it is offered: its rules of access, on TCP (plain or TLS) and on a unix socket for this
/// machine's command line.
class ApiServer {
 public:
  /// What `parts` refers to must outlive it.
  ApiServer(Executor executor, const settings::Settings& settings, api::Parts parts);
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  /// Reads the tokens and opens the sockets. @return Conflict for an address or run directory that is taken;
  /// InvalidArgument otherwise. Names the setting and the way out.
  Result<> listen();
  std::uint16_t port() const { return http_.port(); }
  /// As HttpServer::shutdown().
  Task<bool> shutdown(Deadline deadline) { return http_.shutdown(deadline); }

 private:
  Result<> listen_tcp();
  Result<> listen_unix();
  void warn_when_open();

  const settings::Settings settings_;
  api::Parts parts_;
  std::optional<api::TokenFile> tokens_;
  std::optional<api::Api> api_;
  net::HttpServer http_;
};

/// What the API's server may use: descriptors stay for what is our own (HAProxy's sockets, the registry,
/// files), and a client for others. @param descriptors what this process may open
net::HttpServerLimits api_limits(std::size_t descriptors);

}  // namespace dfp::app
