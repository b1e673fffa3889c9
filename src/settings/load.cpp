#include "settings/load.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "base/file.hpp"
#include "base/nearest.hpp"
#include "base/text.hpp"
#include "settings/properties.hpp"
#include "settings/registry_address.hpp"
#include "settings/settings_file.hpp"

namespace dfp::settings {
namespace {

constexpr std::string_view kOwnPrefix = "DFP_";
/// Own variables that are no settings of the server.
constexpr std::array<std::string_view, 5> kOtherVariables = {"DFP_CONFIG", "DFP_API_TOKEN", "DFP_API_CA",
                                                             "DFP_API_CERT", "DFP_API_KEY"};

/// nullptr when absent or empty.
const std::string* find_set(const Texts& texts, std::string_view name) {
  auto at = texts.find(name);
  return at == texts.end() || at->second.empty() ? nullptr : &at->second;
}

class Loading {
 public:
  Result<> take(const Property& property, Setter set, std::string_view value, std::string origin) {
    auto ok = set(loaded.settings, value);
    if (!ok) return refuse(property, origin, ok.error());
    loaded.origin[std::string(property.key)] = std::move(origin);
    return {};
  }

  Result<> take_file(const std::filesystem::path& path) {
    auto entries = read_settings_file(path);
    if (!entries) return std::unexpected(entries.error());
    for (const auto& entry : *entries) {
      auto place = fmt::format("{}:{}", path.string(), entry.line);
      auto* property = find_property(entry.key);
      if (!property) return refuse_unknown(place, entry.key);
      if (auto ok = take(*property, property->set, entry.value, place + ": " + entry.key); !ok) return ok;
    }
    return {};
  }

  Result<> take_environment(const Texts& environment) {
    for (const auto& property : properties()) {
      if (auto* value = find_set(environment, property.variable())) {
        if (auto ok = take(property, property.set, *value, "variable " + property.variable()); !ok) return ok;
        continue;
      }
      for (const auto& also : property.also)
        if (auto ok = take_other_variable(property, also, environment); !ok) return ok;
    }
    return {};
  }

  Result<> take_flags(const Texts& flags) {
    for (const auto& [key, value] : flags) {
      if (key == "config") continue;
      auto* property = find_property(key);
      auto origin = "flag --" + key;
      if (!property) return refuse_unknown(origin, key);
      if (property->secret)
        return fail(Errc::InvalidArgument,
                    fmt::format("{}: a secret is not given on the command line; use the variable {}", origin,
                                property->variable()));
      if (value.empty())
        return fail(Errc::InvalidArgument,
                    fmt::format("{}: has no value; allowed: {}", origin, property->allowed));
      if (auto ok = take(*property, property->set, value, origin); !ok) return ok;
    }
    return {};
  }

  Loaded loaded;

 private:
  Result<> take_other_variable(const Property& property, const Variable& variable, const Texts& environment) {
    std::string name(variable.name);
    if (auto* renamed = variable.renamable ? find_set(environment, name + "_ENV") : nullptr) name = *renamed;
    auto* value = find_set(environment, name);
    if (variable.name.empty() || !value) return {};
    return take(property, variable.set ? variable.set : property.set, *value, "variable " + name);
  }

  /// A secret's value must not reach the message.
  static std::unexpected<Error> refuse(const Property& property, std::string_view origin,
                                       const Error& cause) {
    auto what = property.secret ? "the value (not shown) is not printable text" : cause.what;
    return fail(cause.code, fmt::format("{}: {}", origin, what));
  }

  static std::unexpected<Error> refuse_unknown(std::string_view origin, std::string_view key) {
    std::vector<std::string_view> known;
    for (const auto& property : properties()) known.push_back(property.key);
    return fail(Errc::InvalidArgument, fmt::format("{}: unknown setting {}{}", origin, text::shown(key),
                                                   text::suggestion(key, known)));
  }
};

/// Of the variables that templates may read, those that are set.
void take_template_environment(Templates& templates, const Texts& environment) {
  for (const auto& name : templates.environment_names)
    if (auto at = environment.find(name); at != environment.end())
      templates.environment.emplace(name, at->second);
}

std::vector<std::string> unknown_variables(const Texts& environment) {
  std::set<std::string, std::less<>> known(kOtherVariables.begin(), kOtherVariables.end());
  for (const auto& property : properties()) known.insert(property.variable());
  std::vector<std::string_view> names(known.begin(), known.end());
  std::vector<std::string> warnings;
  for (const auto& [name, value] : environment)
    if (name.starts_with(kOwnPrefix) && !known.contains(name))
      warnings.push_back(fmt::format("unknown variable {}{}", name, text::suggestion(name, names)));
  return warnings;
}

/// HAProxy is told these paths, and outlives the program: they must not depend on who was started where.
Result<> make_absolute(std::string& folder, std::string_view key) {
  std::error_code error;
  auto path = std::filesystem::absolute(folder, error);
  if (error)
    return fail(Errc::InvalidArgument,
                fmt::format("{}: {} cannot be made absolute: {}", key, text::shown(folder), error.message()));
  folder = path.string();
  return {};
}

/// What depends on several settings: places below the state folder, the token in a file, Consul's servers.
Result<> complete(Settings& settings) {
  auto& registry = settings.registry;
  auto& consul = settings.consul;
  if (registry.kind == Registry::Kind::Embedded) {
    if (registry.file.empty()) registry.file = settings.state_dir + "/registry.db";
    return {};
  }
  if (!consul.token_file.empty()) {
    auto token = file::read(consul.token_file);
    if (!token)
      return fail(
          token.error().code,
          fmt::format("consul-token-file: {}; name a file that this user may read with --consul-token-file",
                      token.error().what));
    consul.token = std::string(text::trim(*token));
  }
  if (registry.servers.empty()) {
    auto address = consul.address.empty() ? std::string("127.0.0.1:8500") : consul.address;
    auto servers = parse_consul_servers(address, consul.tls);
    if (!servers) return std::unexpected(servers.error());
    registry.servers = std::move(*servers);
  }
  for (auto& server : registry.servers)
    if (consul.tls && server.starts_with("http://")) server.replace(0, 4, "https");
  return {};
}

/// The socket's place, which must not depend on the working folder either.
Result<> complete_api(Settings& settings) {
  auto& socket = settings.api_access.socket;
  for (auto& host : settings.api_access.hosts) host = text::lower(host);
  if (socket == "off") return {};
  if (socket.empty()) socket = settings.run_dir + "/api.sock";
  return make_absolute(socket, "api-socket");
}

struct Listener {
  std::string_view key;
  std::string_view address;

  std::string_view host() const {
    auto host = address.substr(0, address.rfind(':'));
    return host == "*" || host == "0.0.0.0" || host == "[::]" ? std::string_view() : host;
  }
  std::string_view port() const { return address.substr(address.rfind(':') + 1); }
  bool collides(const Listener& other) const {
    bool same_host = host() == other.host() || host().empty() || other.host().empty();
    return same_host && port() == other.port() && port() != "0";
  }
};

Result<> check_listeners(const Settings& settings) {
  std::vector<Listener> all = {{"api", settings.api}, {"http", settings.http}};
  if (settings.https) all.push_back({"https", *settings.https});
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (all[i].collides(all[j]))
        return fail(Errc::InvalidArgument,
                    fmt::format("{} {} and {} {} are the same port; choose another for one of them",
                                all[j].key, all[j].address, all[i].key, all[i].address));
  return {};
}

}  // namespace

Texts process_environment() {
  Texts texts;
  for (char** entry = ::environ; entry && *entry; ++entry) {
    std::string_view line(*entry);
    auto equal = line.find('=');
    if (equal != std::string_view::npos) texts.emplace(line.substr(0, equal), line.substr(equal + 1));
  }
  return texts;
}

Result<Loaded> load(const Texts& flags, const Texts& environment) {
  Loading loading;
  auto* path = find_set(flags, "config");
  if (!path) path = find_set(environment, "DFP_CONFIG");
  if (path)
    if (auto ok = loading.take_file(*path); !ok) return std::unexpected(ok.error());
  if (auto ok = loading.take_environment(environment); !ok) return std::unexpected(ok.error());
  if (auto ok = loading.take_flags(flags); !ok) return std::unexpected(ok.error());
  if (auto ok = complete(loading.loaded.settings); !ok) return std::unexpected(ok.error());
  if (auto ok = make_absolute(loading.loaded.settings.run_dir, "run-dir"); !ok)
    return std::unexpected(ok.error());
  if (auto ok = complete_api(loading.loaded.settings); !ok) return std::unexpected(ok.error());
  take_template_environment(loading.loaded.settings.templates, environment);
  if (auto ok = validate(loading.loaded.settings); !ok) return std::unexpected(ok.error());
  loading.loaded.warnings = unknown_variables(environment);
  return std::move(loading.loaded);
}

Result<> validate(const Settings& settings) {
  if (auto ok = check_listeners(settings); !ok) return ok;
  const auto& access = settings.api_access;
  if (access.tls_cert.empty() != access.tls_key.empty())
    return fail(Errc::InvalidArgument, "api-tls-cert and api-tls-key: give both or none");
  if (!access.client_ca.empty() && access.tls_cert.empty())
    return fail(Errc::InvalidArgument, "api-client-ca needs TLS: give api-tls-cert and api-tls-key too");
  const auto& stats = settings.stats;
  if (stats.user.empty() != stats.password.empty())
    return fail(Errc::InvalidArgument, "stats-user and stats-password: give both or none");
  if (stats.enabled() && !stats.open() && stats.user.contains(':'))
    return fail(Errc::InvalidArgument, "stats-user: a user's name has no ':'");
  if (settings.consul.cert_file.empty() != settings.consul.key_file.empty())
    return fail(Errc::InvalidArgument, "consul-cert-file and consul-key-file: give both or none");
  if (settings.watch.quiet > settings.watch.most)
    return fail(Errc::InvalidArgument,
                fmt::format("watch-quiet ({} ms) must not be longer than watch-most ({} ms)",
                            settings.watch.quiet.count(), settings.watch.most.count()));
  if (settings.request_timeout <= settings.reload_timeout)
    return fail(Errc::InvalidArgument,
                fmt::format("request-timeout ({} ms) must be longer than reload-timeout ({} ms)",
                            settings.request_timeout.count(), settings.reload_timeout.count()));
  return {};
}

Result<> check_api_exposure(const Settings& settings) {
  auto host = settings.api.substr(0, settings.api.rfind(':'));
  bool loopback = host.starts_with("127.") || host == "[::1]" || host.starts_with("[::ffff:127.");
  if (loopback || settings.api_access.asks() || settings.api_access.open) return {};
  return fail(
      Errc::InvalidArgument,
      fmt::format(
          "api: {} is reachable from other machines without authentication: anyone could change everything. "
          "Set --api-token-file or --api-client-ca, listen on 127.0.0.1, or pass --api-open to accept this",
          settings.api));
}

}  // namespace dfp::settings
