#pragma once
#include <memory>
#include <string>

#include "docker/engine.hpp"
#include "net/http_client.hpp"

namespace dfp::docker {

/// Where an engine listens. Accepts what the variable DOCKER_HOST takes: "unix:///var/run/docker.sock",
/// "tcp://host:2375", "http://…", "https://…"; with `tls` a tcp:// is https.
Result<net::Endpoint> parse_docker_host(std::string_view text, bool tls);

/// "1.41" as (1, 41); the version of the API that both sides speak. An engine that says nothing gets the
/// oldest one that is used here. Source: Docker Engine API, "Versioned API and SDK".
std::string negotiated_version(std::string_view engines);

/// Speaks the Docker Engine API 1.24 to 1.44 over a unix socket, TCP or TLS. The version is negotiated at the
/// first call, and again after the engine was away. Only GET and HEAD are sent.
class EngineClient : public Engine {
 public:
  EngineClient(Executor executor, net::Endpoint endpoint, net::TlsOptions tls = {});
  ~EngineClient() override;

  Task<Result<EngineInfo>> info(Deadline deadline) override;
  Task<Result<std::vector<std::string>>> container_ids(bool all, Deadline deadline) override;
  Task<Result<Container>> container(std::string id, Deadline deadline) override;
  Task<Result<std::string>> container_json(std::string id, Deadline deadline) override;
  Task<Result<std::vector<SwarmService>>> services(Deadline deadline) override;
  Task<Result<std::vector<SwarmTask>>> tasks(Deadline deadline) override;
  Task<Result<std::vector<SwarmNode>>> nodes(Deadline deadline) override;
  Task<Result<std::vector<EngineNetwork>>> networks(Deadline deadline) override;
  Task<Result<>> events(EventFilter filter, std::chrono::nanoseconds since, std::function<void()> on_open,
                        std::function<bool(Event)> on_event, Clock::duration idle) override;
  void cancel() override;

  /// "" before the first call.
  const std::string& version() const { return version_; }

 private:
  Task<Result<>> negotiate(Deadline deadline);
  /// The body of a 200.
  Task<Result<std::string>> get(std::string path, Deadline deadline);

  net::HttpClient http_;
  std::string version_;
};

}  // namespace dfp::docker
