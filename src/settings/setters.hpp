#pragma once
#include <fmt/format.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/parse.hpp"
#include "base/text.hpp"
#include "settings/settings.hpp"

/// Setters and getters for the table, made from the path to a field: set_text<&Settings::consul,
/// &ConsulAccess::token>.
namespace dfp::settings {

template <auto... Path>
auto& field(auto& settings) {
  return (settings.*....*Path);
}

/// Printable text: what is neither a control character nor bad UTF-8.
Result<> check_plain(std::string_view text);
/// ADDR:PORT with a literal address, "*" or nothing for every address, and a port from 0 (any free one) to
/// 65535.
Result<> check_listen(std::string_view text);

template <auto... Path>
Result<> set_text(Settings& settings, std::string_view text) {
  if (auto ok = check_plain(text); !ok) return ok;
  field<Path...>(settings) = std::string(text);
  return {};
}
template <auto... Path>
std::string get_text(const Settings& settings) {
  return field<Path...>(settings);
}

template <auto... Path>
Result<> set_listen(Settings& settings, std::string_view text) {
  if (auto ok = check_listen(text); !ok) return ok;
  field<Path...>(settings) = std::string(text);
  return {};
}

template <auto... Path>
Result<> set_bool(Settings& settings, std::string_view text) {
  auto value = parse::boolean(text);
  if (!value) return std::unexpected(value.error());
  field<Path...>(settings) = *value;
  return {};
}
template <auto... Path>
std::string get_bool(const Settings& settings) {
  return field<Path...>(settings) ? "true" : "false";
}

template <std::uint64_t Least, std::uint64_t Most, auto... Path>
Result<> set_number(Settings& settings, std::string_view text) {
  auto value = parse::number(text, Least, Most);
  if (!value) return std::unexpected(value.error());
  auto& target = field<Path...>(settings);
  target = static_cast<std::remove_reference_t<decltype(target)>>(*value);
  return {};
}
template <auto... Path>
std::string get_number(const Settings& settings) {
  return fmt::format("{}", field<Path...>(settings));
}

/// Addresses and networks (CIDR) separated by commas.
Result<std::vector<std::string>> read_networks(std::string_view text);

template <auto... Path>
Result<> set_networks(Settings& settings, std::string_view text) {
  auto networks = read_networks(text);
  if (!networks) return std::unexpected(networks.error());
  field<Path...>(settings) = std::move(*networks);
  return {};
}

/// Names separated by commas. @param marks what they may be made of beside letters and digits
Result<std::vector<std::string>> read_names(std::string_view text, std::string_view marks);

template <const char* Marks, auto... Path>
Result<> set_names(Settings& settings, std::string_view text) {
  auto names = read_names(text, Marks);
  if (!names) return std::unexpected(names.error());
  field<Path...>(settings) = std::move(*names);
  return {};
}
template <auto... Path>
std::string get_names(const Settings& settings) {
  return fmt::format("{}", fmt::join(field<Path...>(settings), ","));
}

/// HAProxy's timers end at 2^31 ms, a little above 24 days.
template <auto... Path>
Result<> set_duration(Settings& settings, std::string_view text) {
  auto value = parse::duration(text, std::chrono::milliseconds(1), std::chrono::hours(24 * 24));
  if (!value) return std::unexpected(value.error());
  field<Path...>(settings) = *value;
  return {};
}
template <auto... Path>
std::string get_duration(const Settings& settings) {
  return parse::render_duration(field<Path...>(settings));
}

}  // namespace dfp::settings
