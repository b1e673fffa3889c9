#include "cli/api_access.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/help.hpp"

namespace dfp::cli {
namespace {

constexpr auto kDefaultApi = "http://127.0.0.1:8080";

/// Whether a server listens there that this user may ask.
bool answers(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.data(), path.size());
  int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return connected;
}

std::string value_of(const settings::Texts& environment, std::string_view name) {
  auto at = environment.find(name);
  return at == environment.end() ? std::string() : at->second;
}

}  // namespace

void add_access_options(CLI::App& command, ApiAccess& access) {
  command
      .add_option(
          "--api", access.api,
          describe("Address of the proxy's API (variable DFP_API). If neither is set: the Unix socket of the "
                   "server on this machine, or the address from its variables and settings file.",
                   "URL, HOST:PORT or unix:///PATH", kDefaultApi))
      ->option_text("VALUE");
  auto file = [&](const char* name, std::string& into, const char* help) {
    command.add_option(name, into, help)->option_text("FILE");
  };
  file("--token-file", access.token_file,
       "File with the API token (variable DFP_API_TOKEN: the token itself).");
  file("--ca-file", access.tls.ca_file,
       "CA certificates (PEM) for an API at https:// (variable DFP_API_CA).");
  file("--cert-file", access.tls.cert_file, "Client certificate (PEM) for it (DFP_API_CERT).");
  file("--key-file", access.tls.key_file, "Its key (PEM) (DFP_API_KEY).");
}

std::string find_api(const settings::Texts& environment) {
  if (auto given = value_of(environment, "DFP_API"); !given.empty()) return given;
  auto server = settings::load({}, environment);
  if (!server) return kDefaultApi;
  const auto& settings = server->settings;
  if (answers(settings.api_access.socket)) return "unix://" + settings.api_access.socket;
  return server->origin.contains("api") ? settings.api : kDefaultApi;
}

Result<std::string> find_token(const ApiAccess& access, const settings::Texts& environment) {
  if (access.token_file.empty()) return value_of(environment, "DFP_API_TOKEN");
  auto text = file::read(access.token_file);
  if (!text) return fail("--token-file", text.error());
  for (const auto& line : text::split(*text, '\n')) {
    auto trimmed = text::trim(line);
    if (trimmed.empty() || trimmed.starts_with('#')) continue;
    return std::string(trimmed.substr(0, trimmed.find_first_of(" \t")));
  }
  return fail(Errc::InvalidArgument, fmt::format("--token-file: {} contains no token", access.token_file));
}

net::TlsOptions find_tls(const ApiAccess& access, const settings::Texts& environment) {
  auto tls = access.tls;
  if (tls.ca_file.empty()) tls.ca_file = value_of(environment, "DFP_API_CA");
  if (tls.cert_file.empty()) tls.cert_file = value_of(environment, "DFP_API_CERT");
  if (tls.key_file.empty()) tls.key_file = value_of(environment, "DFP_API_KEY");
  return tls;
}

}  // namespace dfp::cli
