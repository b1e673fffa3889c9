#pragma once
#include <map>
#include <string>
#include <vector>

#include "haproxy/runtime/replies.hpp"

namespace dfp::haproxy::runtime {

/// Everything that a worker holds and that we put there.
struct LiveState {
  Info info;
  std::vector<MapEntry> routes;
  std::vector<MapEntry> backends;
  std::vector<MapEntry> patterns;
  std::string flags;
  std::map<std::string, std::vector<MapEntry>, std::less<>> policies;  ///< by the map's name
  std::vector<ServerRow> servers;
  std::vector<std::string> backend_names;
};

}  // namespace dfp::haproxy::runtime
