#include "docker/registrator/metadata.hpp"

#include <cctype>
#include <charconv>
#include <optional>

#include "base/text.hpp"

namespace dfp::docker::registrator {
namespace {

constexpr std::string_view kPrefix = "SERVICE_";

/// A key behind SERVICE_, taken apart: "8080_NAME" is for a port.
struct Key {
  std::optional<std::uint64_t> port;
  std::string name;
};

Key split_key(std::string_view rest) {
  auto key = text::lower(rest);
  auto underscore = key.find('_');
  if (underscore == std::string::npos || underscore == 0) return {std::nullopt, key};
  std::uint64_t port = 0;
  auto [end, error] = std::from_chars(key.data(), key.data() + underscore, port);
  if (error != std::errc() || end != key.data() + underscore) return {std::nullopt, key};
  return {port, key.substr(underscore + 1)};
}

}  // namespace

std::string variable_name(std::string_view key) {
  std::string name(kPrefix);
  for (unsigned char c : key) name += static_cast<char>(std::toupper(c));
  return name;
}

Metadata::Metadata(const std::vector<std::string>& env, const Labels& labels, std::uint16_t port) {
  std::map<std::string, std::string, std::less<>> for_port;
  auto take_pair = [&](std::string_view key, std::string_view value) {
    if (!key.starts_with(kPrefix)) return;
    auto parsed = split_key(key.substr(kPrefix.size()));
    if (!parsed.port)
      attributes_.insert_or_assign(parsed.name, std::string(value));
    else if (*parsed.port == port)
      for_port.insert_or_assign(parsed.name, std::string(value));
  };
  for (std::string_view variable : env) {
    auto equals = variable.find('=');
    if (equals != std::string_view::npos) take_pair(variable.substr(0, equals), variable.substr(equals + 1));
  }
  for (const auto& [key, value] : labels) take_pair(key, value);
  named_for_port_ = for_port.contains("name");
  for (auto& [key, value] : for_port) attributes_.insert_or_assign(key, std::move(value));
}

std::string Metadata::get(std::string_view key) const {
  auto at = attributes_.find(key);
  return at == attributes_.end() ? std::string() : at->second;
}

std::string Metadata::take(std::string_view key) {
  auto at = attributes_.find(key);
  if (at == attributes_.end()) return {};
  auto value = std::move(at->second);
  attributes_.erase(at);
  return value;
}

}  // namespace dfp::docker::registrator
