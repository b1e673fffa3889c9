#include "app/open_engine.hpp"

#include <filesystem>

namespace dfp::app {
namespace {

constexpr std::string_view kUsualSocket = "/var/run/docker.sock";
constexpr std::string_view kOriginalSocket =
    "/tmp/docker.sock";  ///< where Registrator's image wants it mounted

std::string usual_engine() {
  std::error_code ignored;
  bool original =
      !std::filesystem::exists(kUsualSocket, ignored) && std::filesystem::exists(kOriginalSocket, ignored);
  return "unix://" + std::string(original ? kOriginalSocket : kUsualSocket);
}

net::TlsOptions tls_options(const settings::Docker& settings) {
  net::TlsOptions tls;
  tls.verify = settings.tls_verify;
  if (settings.cert_path.empty()) return tls;
  tls.ca_file = settings.cert_path + "/ca.pem";
  tls.cert_file = settings.cert_path + "/cert.pem";
  tls.key_file = settings.cert_path + "/key.pem";
  return tls;
}

}  // namespace

Result<std::unique_ptr<docker::EngineClient>> open_engine(Executor executor,
                                                          const settings::Docker& settings) {
  auto endpoint =
      docker::parse_docker_host(settings.address.empty() ? usual_engine() : settings.address, settings.tls);
  if (!endpoint) return std::unexpected(endpoint.error());
  return std::make_unique<docker::EngineClient>(std::move(executor), std::move(*endpoint),
                                                tls_options(settings));
}

}  // namespace dfp::app
