#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "model/instance.hpp"

namespace dfp::registry {

/// A health check that a registry runs by itself, where it can (Consul's agent does; others know only the
/// health that is told to them).
struct Check {
  enum class Kind {
    Http,         ///< passing for a status of 2xx
    Tcp,          ///< passing when a connection can be made
    Grpc,         ///< the gRPC health protocol
    Shell,        ///< a command of the registry's host; exit status 0 passing, 1 warning
    InContainer,  ///< a command inside of a container
    Ttl,          ///< the service itself reports within each interval
  };
  Kind kind = Kind::Tcp;
  std::string target = {};     ///< Http: URL; Tcp, Grpc: "address:port"; Shell, InContainer: the command
  std::string method = {};     ///< Http: empty is GET
  std::string container = {};  ///< InContainer: its id
  bool tls = false;            ///< Grpc over TLS
  bool skip_verify = false;    ///< the certificate is not checked
  std::chrono::milliseconds interval = std::chrono::seconds(10);
  std::chrono::milliseconds timeout{0};           ///< 0: the registry's default
  std::chrono::milliseconds deregister_after{0};  ///< removed when critical for so long; 0: never
  std::optional<model::Health> initial = {};      ///< until the first result; critical where absent

  bool operator==(const Check&) const = default;
};

/// An instance with what the registry is to do for it.
struct Registration {
  model::Instance instance;
  std::vector<Check> checks;
  /// The entry lapses (is not passing any more, and removed later) unless it is renewed within this time; 0:
  /// it stays until it is removed.
  std::chrono::seconds lifetime{0};

  bool operator==(const Registration&) const = default;
};

}  // namespace dfp::registry
