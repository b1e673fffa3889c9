#include "registry/consul/registration_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

namespace dfp::registry::consul {
namespace json = boost::json;
namespace {
using namespace std::chrono_literals;

constexpr auto kLeastSweep = 1min;  ///< Consul's least DeregisterCriticalServiceAfter
constexpr int kSweepLifetimes = 3;  ///< an entry is removed when it was not renewed for so many lifetimes

std::string duration(std::chrono::milliseconds span) { return fmt::format("{}ms", span.count()); }

/// Maintenance is not a state of a check: Consul has a switch for it.
std::string_view status(model::Health health) {
  return model::to_string(health == model::Health::Maintenance ? model::Health::Passing : health);
}

json::object state_check(const model::Instance& instance) {
  return {{"CheckID", state_check_id(instance.id)},
          {"Name", "state as registered"},
          {"TTL", "8760h"},
          {"Status", status(instance.health)}};
}

json::object lifetime_check(const std::string& id, std::chrono::seconds lifetime) {
  auto sweep = std::max<std::chrono::milliseconds>(kLeastSweep, lifetime * kSweepLifetimes);
  return {{"CheckID", lifetime_check_id(id)},
          {"Name", "registration is renewed"},
          {"TTL", duration(lifetime)},
          {"Status", "passing"},
          {"DeregisterCriticalServiceAfter", duration(sweep)}};
}

/// Which fields make the kind of check.
json::object render_kind(const Check& check) {
  using enum Check::Kind;
  switch (check.kind) {
    case Http:
      return {{"HTTP", check.target}, {"Method", check.method}, {"TLSSkipVerify", check.skip_verify}};
    case Tcp:
      return {{"TCP", check.target}};
    case Grpc:
      return {{"GRPC", check.target}, {"GRPCUseTLS", check.tls}, {"TLSSkipVerify", check.skip_verify}};
    case Shell:
      return {{"Args", {"/bin/sh", "-c", check.target}}};
    case InContainer:
      return {{"DockerContainerID", check.container}, {"Args", {"/bin/sh", "-c", check.target}}};
    case Ttl:
      return {{"TTL", duration(check.interval)}};
  }
  return {};
}

json::object render_check(const Check& check, const std::string& id) {
  auto out = render_kind(check);
  out["CheckID"] = id;
  if (check.kind != Check::Kind::Ttl) out["Interval"] = duration(check.interval);
  if (check.timeout > 0ms) out["Timeout"] = duration(check.timeout);
  if (check.deregister_after > 0ms)
    out["DeregisterCriticalServiceAfter"] =
        duration(std::max<std::chrono::milliseconds>(check.deregister_after, kLeastSweep));
  if (check.initial) out["Status"] = status(*check.initial);
  return out;
}

/// As Consul numbers them itself.
std::string check_id(const std::string& instance, std::size_t number, std::size_t count) {
  return count == 1 ? "service:" + instance : fmt::format("service:{}:{}", instance, number + 1);
}

}  // namespace

std::string state_check_id(const std::string& instance) { return "service:" + instance + ":state"; }
std::string lifetime_check_id(const std::string& instance) { return "service:" + instance + ":lifetime"; }

std::string render_registration(const Registration& registration, bool states_health) {
  const auto& instance = registration.instance;
  auto sorted_tags = instance.tags;
  std::ranges::sort(sorted_tags);
  json::array checks;
  for (std::size_t i = 0; i < registration.checks.size(); ++i)
    checks.push_back(
        render_check(registration.checks[i], check_id(instance.id, i, registration.checks.size())));
  if (states_health) checks.push_back(state_check(instance));
  if (registration.lifetime > 0s) checks.push_back(lifetime_check(instance.id, registration.lifetime));
  json::object out{{"ID", instance.id},
                   {"Name", instance.service},
                   {"Address", instance.address},
                   {"Port", instance.port},
                   {"Tags", json::value_from(sorted_tags)},
                   {"Meta", json::value_from(instance.meta)},
                   {"Weights", {{"Passing", instance.weight}, {"Warning", instance.weight}}},
                   {"Checks", std::move(checks)}};
  return json::serialize(out);
}

std::string render_check_update(model::Health health) {
  return json::serialize(json::object{{"Status", status(health)}, {"Output", ""}});
}

}  // namespace dfp::registry::consul
