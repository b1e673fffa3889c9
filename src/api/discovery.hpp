#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_message.hpp"

namespace dfp::api {

/// What following an engine's labels adds to the API. Implemented where the follower is.
class Discovery {
 public:
  virtual ~Discovery() = default;
  /// Answers the endpoints of the original's Swarm Listener; nullopt for any other path.
  virtual std::optional<net::HttpResponse> answer(std::string_view path) = 0;
  /// Service name -> why its labels or copies are not followed.
  virtual std::map<std::string, std::string> problems() const = 0;
  /// Why the engine cannot be read now; empty when it can.
  virtual std::string error() const = 0;
};

}  // namespace dfp::api
