#pragma once
#include <string_view>

namespace dfp::api {

/// What a caller must be allowed to do for an endpoint.
enum class Scope {
  Open,    ///< nothing: says how the program is, and nothing of the services
  Read,    ///< sees what is configured
  Deploy,  ///< changes one service, named by serviceName
  Admin,   ///< changes what belongs to all
};

constexpr std::string_view to_string(Scope scope) {
  switch (scope) {
    case Scope::Open:
      return "open";
    case Scope::Read:
      return "read";
    case Scope::Deploy:
      return "deploy";
    case Scope::Admin:
      return "admin";
  }
  return "admin";
}

}  // namespace dfp::api
