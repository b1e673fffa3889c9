#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "docker/engine_types.hpp"

namespace dfp::docker::registrator {

/// "check_http" -> "SERVICE_CHECK_HTTP".
std::string variable_name(std::string_view key);

/// What the SERVICE_* variables and labels of a container say about one of its ports. Variables come first,
/// labels win; SERVICE_8080_X wins over SERVICE_X. Source: Registrator, "Service Object".
class Metadata {
 public:
  Metadata(const Container& container, std::uint16_t port)
      : Metadata(container.env, container.labels, port) {}
  /// @param env "NAME=value"
  Metadata(const std::vector<std::string>& env, const Labels& labels, std::uint16_t port);

  /// "" when absent. @param key lower case, without SERVICE_: "name", "check_http"
  std::string get(std::string_view key) const;
  /// The name was given for this very port, so that it needs no suffix.
  bool named_for_port() const { return named_for_port_; }
  /// Everything except name, id and tags.
  const std::map<std::string, std::string, std::less<>>& attributes() const { return attributes_; }

  /// Takes the value and forgets it.
  std::string take(std::string_view key);

 private:
  std::map<std::string, std::string, std::less<>> attributes_;
  bool named_for_port_ = false;
};

}  // namespace dfp::docker::registrator
