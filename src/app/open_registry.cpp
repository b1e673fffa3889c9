#include "app/open_registry.hpp"

#include <algorithm>
#include <filesystem>

#include "base/private_files.hpp"
#include "docker/host_address.hpp"
#include "net/endpoint.hpp"
#include "net/tls.hpp"
#include "registry/consul/consul.hpp"
#include "registry/embedded/database.hpp"
#include "registry/plain_template_source.hpp"

namespace dfp::app {
namespace {

template <class Facade>
class Opened : public OpenRegistry {
 public:
  explicit Opened(std::unique_ptr<Facade> facade) : facade_(std::move(facade)) {}
  registry::Catalog& catalog() override { return facade_->catalog(); }
  registry::KeyValue& key_value() override { return facade_->key_value(); }
  registry::Registrar& registrar() override { return facade_->registrar(); }
  void cancel() override { facade_->cancel(); }

 protected:
  Facade& facade() { return *facade_; }

 private:
  std::unique_ptr<Facade> facade_;
};

class OpenedConsul : public Opened<registry::consul::Consul> {
 public:
  using Opened::Opened;
  registry::TemplateSource& template_source() override { return facade().template_source(); }
};

class OpenedDatabase : public Opened<registry::embedded::Database> {
 public:
  explicit OpenedDatabase(std::unique_ptr<registry::embedded::Database> database)
      : Opened(std::move(database)), template_source_(catalog(), key_value(), docker::own_hostname()) {}
  registry::TemplateSource& template_source() override { return template_source_; }

 private:
  registry::PlainTemplateSource template_source_;
};

Result<std::unique_ptr<OpenRegistry>> open_embedded(Executor executor, const std::filesystem::path& file) {
  std::error_code ignored;  // what follows says what is wrong
  std::filesystem::create_directories(file.parent_path(), ignored);
  if (auto ours = file::make_private_file(file, "registry"); !ours) return std::unexpected(ours.error());
  for (const auto* suffix : {"-wal", "-shm"}) {  // SQLite gives new ones the mode of the file
    auto beside = file;
    beside += suffix;
    if (!std::filesystem::exists(std::filesystem::symlink_status(beside))) continue;
    if (auto ours = file::make_private_file(beside, "registry"); !ours) return std::unexpected(ours.error());
  }
  auto database = registry::embedded::Database::open(std::move(executor), file);
  if (!database) return std::unexpected(database.error());
  return std::make_unique<OpenedDatabase>(std::move(*database));
}

Result<std::unique_ptr<OpenRegistry>> open_consul(Executor executor, const settings::Settings& settings) {
  const auto& access = settings.consul;
  registry::consul::ConsulOptions options;
  for (const auto& server : settings.registry.servers) {
    auto endpoint = net::parse_endpoint(server, 8500);
    if (!endpoint) return fail("registry", endpoint.error());
    options.addresses.push_back(std::move(*endpoint));
  }
  options.token = access.token;
  options.auth = access.auth;
  options.name_space = access.name_space;
  options.tls = {access.ca_file,  access.ca_path,     access.cert_file,
                 access.key_file, access.server_name, access.verify};
  auto is_tls = [](const net::Endpoint& e) { return e.kind == net::Endpoint::Kind::Tls; };
  if (std::ranges::any_of(options.addresses, is_tls))
    if (auto files = net::TlsContext::client(options.tls); !files)
      return fail(Errc::InvalidArgument, files.error().what + "; see --consul-ca-file, --consul-ca-path, " +
                                             "--consul-cert-file and --consul-key-file");
  return std::make_unique<OpenedConsul>(
      std::make_unique<registry::consul::Consul>(std::move(executor), std::move(options)));
}

}  // namespace

Result<std::unique_ptr<OpenRegistry>> open_registry(Executor executor, const settings::Settings& settings) {
  if (settings.registry.kind == settings::Registry::Kind::Consul)
    return open_consul(std::move(executor), settings);
  return open_embedded(std::move(executor), settings.registry.file);
}

}  // namespace dfp::app
