#pragma once
#include <string>
#include <string_view>

namespace dfp::haproxy::config {

/// One thing that a policy says about a backend, in one of the policies' maps. Its key in the map is the
/// backend's name and then `key`, so that entries of a backend which no request reaches yet touch nobody: a
/// change of policies takes another backend, and becomes visible as a whole with it.
struct PolicyEntry {
  std::string_view map;  ///< one of kPolicyMaps
  std::string key;
  std::string value;

  bool operator==(const PolicyEntry&) const = default;
};

}  // namespace dfp::haproxy::config
