#include "haproxy/config/backend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "haproxy/config/policy/policies.hpp"
#include "haproxy/config/writer.hpp"

namespace dfp::haproxy::config {
namespace {

constexpr std::string_view kPlain = "svc:";
constexpr std::string_view kWithPolicies = "svc.policies:";
constexpr std::string_view kSpare = "spare:";
constexpr std::string_view kSparePlain = "spare:http-rr:";
constexpr std::string_view kSpareWithPolicies = "spare:http-policies:";
constexpr std::size_t kPlainForOneWithPolicies = 8;
constexpr std::size_t kMaxNamePart = 60;
constexpr int kMaxWeight = 256;  // configuration manual 2.6, section 5.2, "weight"

/// Characters that a server name may not have become '_'; the hash keeps names apart.
std::string readable(std::string_view text) {
  std::string out(text.substr(0, kMaxNamePart));
  for (char& c : out)
    if (!is_name(std::string_view(&c, 1)) || c == ':') c = '_';
  return out;
}

/// FNV-1a, 64 bit: stable over program versions, which a running HAProxy outlives.
std::uint64_t hash(std::initializer_list<std::string_view> parts) {
  std::uint64_t value = 0xcbf29ce484222325;
  auto add = [&](unsigned char byte) { value = (value ^ byte) * 0x100000001b3; };
  for (auto part : parts) {
    for (char c : part) add(static_cast<unsigned char>(c));
    add(0);
  }
  return value;
}

Server server_of(const model::Instance& instance, const std::string& ip) {
  auto weight = std::clamp(instance.weight, 0, kMaxWeight);
  // Anybody may write metadata; what this program found has its server's name for an id, and no node.
  if (auto found = instance.meta.find(kServerNameMeta); found != instance.meta.end())
    if (instance.node.empty() && found->second == instance.id && is_name(instance.id))
      return {instance.id, ip, instance.port, weight};
  auto port = std::to_string(instance.port);
  auto id = hash({instance.node, instance.id, ip, port});
  auto name = fmt::format("{}_{}_{:012x}", readable(instance.node), readable(instance.id), id >> 16);
  return {std::move(name), ip, instance.port, weight};
}

/// Once a check says something new the next ones follow faster: a node that is silent is noticed after 9 s,
/// not 12, and an instance that is back is used 1.5 s earlier.
constexpr int kFasterWhileChanging = 4;

/// Where so many are checked that the interval was stretched, nobody may ask for a shorter one.
std::chrono::milliseconds own_interval(const Timing& timing, const Checks& checks,
                                       std::chrono::milliseconds interval) {
  if (!timing.interval) return interval;
  return interval > checks.interval ? std::max(*timing.interval, interval) : *timing.interval;
}

void write_arguments(ConfigWriter& writer, const Backend& backend, const Server& server, const Checks& checks,
                     std::chrono::milliseconds interval) {
  writer.words(Address{server.address, server.port}, "weight"_k, server.weight);
  if (!backend.check) return;
  interval = own_interval(backend.timing, checks, interval);
  auto faster =
      std::max<std::chrono::milliseconds>(interval / kFasterWhileChanging, std::chrono::milliseconds(1));
  writer.words("check inter"_k, interval, "fastinter"_k, faster);
  writer.words("fall"_k, backend.timing.fall.value_or(checks.fall), "rise"_k,
               backend.timing.rise.value_or(checks.rise));
}

bool is_well(const model::Instance& instance) { return instance.health <= model::Health::Warning; }

/// nullopt for an instance that HAProxy cannot be given.
std::optional<Server> find_server(const model::Instance& instance, const Addresses& addresses) {
  if (instance.port == 0) return std::nullopt;
  auto address = addresses.of(instance);
  return address ? std::optional(server_of(instance, *address)) : std::nullopt;
}

/// HAProxy's own check makes a connection and gives it as much time as lies between two of them.
bool is_beyond_haproxy(const model::HealthCheck& check) { return check.is_http() || check.timeout; }

/// The instances of a destination: those that were found by its port, or all where a registry tells the
/// ports.
std::vector<const model::Instance*> instances_of(const model::Service& service,
                                                 const model::Destination& destination) {
  auto is_for_one = [](const model::Instance& i) { return i.requested_port != 0; };
  bool by_port = std::ranges::any_of(service.instances, is_for_one);
  std::vector<const model::Instance*> instances;
  for (const auto& instance : service.instances)
    if (!by_port || instance.requested_port == destination.port) instances.push_back(&instance);
  return instances;
}

}  // namespace

std::optional<std::string> Addresses::known(const std::string& host) const {
  if (is_ip_address(host)) return host;
  auto found = of_names.find(host);
  return found == of_names.end() ? std::nullopt : std::optional(found->second);
}

bool Addresses::is_barred(const std::string& host, std::optional<std::uint16_t> port) const {
  auto address = known(host);
  return address && is_own_api && is_own_api(*address, port);
}

std::optional<std::string> Addresses::of(const std::string& host, std::optional<std::uint16_t> port) const {
  return is_barred(host, port) ? std::nullopt : known(host);
}

std::string_view defaults_of(Profile profile) {
  return profile == Profile::Plain ? "dfp:http-rr" : "dfp:http-policies";
}

std::string backend_name(std::string_view destination, std::string_view color, Profile profile) {
  auto name = model::parse_destination_key(destination).value_or(model::DestinationName{});
  auto text = fmt::format("{}{}", profile == Profile::Plain ? kPlain : kWithPolicies, name.service);
  bool first = name.index == model::kFirstDestination;
  if (!first || !color.empty()) text += fmt::format(":{}", color);
  return first ? text : fmt::format("{}:{}", text, name.index);
}

std::string backend_name(const Backend& backend) {
  return backend_name(backend.destination, backend.color, backend.profile());
}

Profile profile_of(std::string_view backend) {
  bool policies = backend.starts_with(kWithPolicies) || backend.starts_with(kSpareWithPolicies);
  return policies ? Profile::Policies : Profile::Plain;
}

std::string color_in(std::string_view backend) {
  if (!is_service_backend(backend)) return {};
  auto parts = text::split(backend, ':');
  return parts.size() > 2 ? parts[2] : std::string();
}

std::string spare_name(Profile profile, std::size_t number) {
  return fmt::format("{}{:05}", profile == Profile::Plain ? kSparePlain : kSpareWithPolicies, number);
}

std::size_t spare_count(const Settings& settings, Profile profile) {
  auto plain = static_cast<std::size_t>(settings.spare_backends);
  if (profile == Profile::Plain) return plain;
  return (plain + kPlainForOneWithPolicies - 1) / kPlainForOneWithPolicies;
}

bool is_spare_name(std::string_view backend) { return backend.starts_with(kSpare); }

bool is_service_backend(std::string_view backend) {
  return backend.starts_with(kPlain) || backend.starts_with(kWithPolicies);
}

bool is_own_name(std::string_view section) {
  return section.starts_with("dfp:") || is_spare_name(section) || is_service_backend(section);
}

Backend backend_of(const model::Service& service, unsigned index, const Addresses& addresses, bool may_check,
                   const std::set<std::string>& down) {
  const auto& definition = service.definition;
  const auto& destination = definition.destination(index);
  bool check = may_check && !destination.skip_check;
  Backend backend{model::destination_key(definition.service, index), definition.color, check, {}};
  backend.policies = policies_of(destination);
  if (check) backend.timing = {definition.check.interval, definition.check.rise, definition.check.fall};
  // HAProxy's own checks decide where they run: a check of the registry that has just begun is critical too.
  auto instances = instances_of(service, destination);
  bool well_only = !backend.check && std::ranges::any_of(instances, [](auto* i) { return is_well(*i); });
  for (const auto* instance : instances) {
    if (well_only && !is_well(*instance)) continue;
    auto server = find_server(*instance, addresses);
    if (!server) continue;
    bool is_down = down.contains(server->name) && is_beyond_haproxy(check_of(definition, *instance));
    if (!is_down) backend.servers.push_back(std::move(*server));
  }
  std::ranges::sort(backend.servers);
  auto same_name = [](const Server& a, const Server& b) { return a.name == b.name; };
  backend.servers.erase(std::ranges::unique(backend.servers, same_name).begin(), backend.servers.end());
  return backend;
}

std::vector<CheckedServer> checked_servers(const model::Service& service, const Addresses& addresses,
                                           bool may_check) {
  std::vector<CheckedServer> servers;
  if (!may_check || service.definition.has_template()) return servers;
  for (const auto& [index, destination] : service.definition.destinations()) {
    if (destination->skip_check) continue;
    for (const auto* instance : instances_of(service, *destination)) {
      auto check = check_of(service.definition, *instance);
      if (!is_beyond_haproxy(check)) continue;
      if (auto server = find_server(*instance, addresses))
        servers.push_back({std::move(*server), std::move(check)});
    }
  }
  auto name = [](const CheckedServer& checked) -> const std::string& { return checked.server.name; };
  std::ranges::sort(servers, {}, name);
  servers.erase(std::ranges::unique(servers, {}, name).begin(), servers.end());
  return servers;
}

std::chrono::milliseconds check_interval(const Checks& checks, std::size_t servers) {
  constexpr std::array kSteps = {2, 5, 10, 20, 30, 60, 120, 300};  // seconds
  auto needed = static_cast<long>(servers) * 1000 / std::max(checks.probes_per_second, 1);
  auto interval = std::max<long>(checks.interval.count(), 1);
  for (int step : kSteps) {
    if (interval >= needed) break;
    interval = std::max<long>(interval, step * 1000L);
  }
  return std::chrono::milliseconds(interval);
}

Result<std::string> server_arguments(const Backend& backend, const Server& server, const Checks& checks,
                                     std::chrono::milliseconds interval) {
  ConfigWriter writer;
  write_arguments(writer, backend, server, checks, interval);
  // A server of the file has these by default, one that is added at run time keeps no idle connection without
  // them: measured on 2.6.12, 58 instead of 20 us of CPU for each request.
  writer.words("pool-max-conn -1 pool-purge-delay 5s"_k);
  return std::move(writer).finish();
}

Result<std::string> backend_text(const Backend& backend, const Checks& checks,
                                 std::chrono::milliseconds interval) {
  ConfigWriter writer;
  auto name = backend_name(backend);
  writer.section("backend"_k, Name{name}, "from"_k, Name{defaults_of(backend.profile())});
  for (const auto& server : backend.servers) {
    writer.words("  server"_k, Name{server.name});
    write_arguments(writer, backend, server, checks, interval);
    writer.end_line();
  }
  return std::move(writer).finish();
}

}  // namespace dfp::haproxy::config
