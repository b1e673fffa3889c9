#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/definition.hpp"
#include "model/instance.hpp"

namespace dfp::model {

/// A definition with the instances that were pinned when it was accepted. What the definition store keeps.
struct Service {
  Definition definition;
  std::vector<Instance> instances;  ///< sorted by (node, id)
  std::string rendered;        ///< HAProxy sections made from the definition's template; empty without one
  std::string template_hash;   ///< of the template's text at that time, "sha256:..."; empty without one
  std::uint64_t revision = 0;  ///< grows with every accepted change of this service
  std::string changed_at;      ///< RFC 3339, UTC
  std::string changed_by;      ///< who asked: "api 127.0.0.1", "label", "kv" (an original 1.0)

  bool operator==(const Service&) const = default;
};

/// The longest `rendered`: a service's record must fit into one value of Consul (512 KiB).
inline constexpr std::size_t kMaxRenderedBytes = 400'000;

/// Everything the proxy is to serve, by service name.
struct DesiredState {
  std::map<std::string, Service> services;

  bool operator==(const DesiredState&) const = default;
};

}  // namespace dfp::model
