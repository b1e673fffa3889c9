#include "docker/registrator/check.hpp"

#include <fmt/format.h>

#include "base/parse.hpp"
#include "base/text.hpp"

namespace dfp::docker::registrator {
namespace {
using namespace std::chrono_literals;
using registry::Check;
using std::chrono::milliseconds;

constexpr milliseconds kLongest = 24h * 20;

std::unexpected<Error> refuse(std::string_view key, const std::string& why) {
  return fail(Errc::InvalidArgument, fmt::format("{}: {}", variable_name(key), why));
}

/// A duration as Go writes it: "10s", "1m30s", "500ms".
Result<milliseconds> parse_go_duration(std::string_view text) {
  milliseconds sum{0};
  do {
    auto unit = text.find_first_not_of("0123456789");
    auto end = text.find_first_of("0123456789", unit == std::string_view::npos ? text.size() : unit);
    auto part = parse::duration(text.substr(0, end), 0ms, kLongest);
    if (!part) return part;
    sum += *part;
    text.remove_prefix(std::min(end, text.size()));
  } while (!text.empty());
  return sum;
}

/// Sets `target` where the variable is given.
Result<> read_duration(const Metadata& metadata, std::string_view key, milliseconds& target) {
  auto text = metadata.get(key);
  if (text.empty()) return {};
  auto duration = parse_go_duration(text);
  if (!duration) return refuse(key, duration.error().what);
  target = *duration;
  return {};
}

Result<> read_initial(const Metadata& metadata, Check& check) {
  auto status = metadata.get("check_initial_status");
  if (status.empty()) return {};
  for (auto health : {model::Health::Passing, model::Health::Warning, model::Health::Critical}) {
    if (status != model::to_string(health)) continue;
    check.initial = health;
    return {};
  }
  return refuse("check_initial_status", text::shown(status) + " is none of passing, warning, critical");
}

std::string host_port(const CheckedPlace& place) {
  auto host = place.address.contains(':') ? "[" + place.address + "]" : place.address;
  return fmt::format("{}:{}", host, place.port);
}

std::string substitute(std::string text, std::string_view name, const std::string& value) {
  for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + value.size()))
    text.replace(at, name.size(), value);
  return text;
}

Check http_check(const Metadata& metadata, const CheckedPlace& place, std::string_view scheme) {
  Check check{.kind = Check::Kind::Http};
  auto path = metadata.get(fmt::format("check_{}", scheme));
  if (!path.starts_with('/')) path.insert(0, "/");
  check.target = fmt::format("{}://{}{}", scheme, host_port(place), path);
  check.method = metadata.get(fmt::format("check_{}_method", scheme));
  return check;
}

/// The kind of check and where it goes, without its times.
std::optional<Check> choose(const Metadata& metadata, const CheckedPlace& place) {
  auto given = [&](std::string_view key) { return !metadata.get(key).empty(); };
  if (given("check_http")) return http_check(metadata, place, "http");
  if (given("check_https")) return http_check(metadata, place, "https");
  if (given("check_cmd"))
    return Check{
        .kind = Check::Kind::InContainer, .target = metadata.get("check_cmd"), .container = place.container};
  if (given("check_script")) {
    auto command = substitute(metadata.get("check_script"), "$SERVICE_IP", place.address);
    command = substitute(command, "$SERVICE_PORT", std::to_string(place.port));
    return Check{.kind = Check::Kind::Shell, .target = command};
  }
  if (given("check_ttl")) return Check{.kind = Check::Kind::Ttl};
  if (given("check_tcp")) return Check{.kind = Check::Kind::Tcp, .target = host_port(place)};
  if (given("check_grpc"))
    return Check{.kind = Check::Kind::Grpc, .target = host_port(place), .tls = given("check_grpc_use_tls")};
  return std::nullopt;
}

}  // namespace

Result<std::optional<Check>> read_check(const Metadata& metadata, const CheckedPlace& place) {
  auto check = choose(metadata, place);
  if (!check) return std::nullopt;
  check->skip_verify = !metadata.get("check_tls_skip_verify").empty();
  auto interval_key = check->kind == Check::Kind::Ttl ? "check_ttl" : "check_interval";
  Result<> read = read_duration(metadata, interval_key, check->interval);
  if (read) read = read_duration(metadata, "check_timeout", check->timeout);
  if (read) read = read_duration(metadata, "check_deregister_after", check->deregister_after);
  if (read) read = read_initial(metadata, *check);
  if (!read) return std::unexpected(read.error());
  return check;
}

}  // namespace dfp::docker::registrator
