#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "net/endpoint.hpp"
#include "net/tls_options.hpp"

namespace dfp::registry::consul {

/// How to reach Consul. What its own tools read from their variables, as plain values.
struct ConsulOptions {
  std::vector<net::Endpoint> addresses;  ///< agents of one cluster, in order of preference; at least one
  std::string token;                     ///< ACL token; empty: anonymous
  std::string auth;                      ///< "user:password" for basic authentication
  std::string name_space;                ///< Consul Enterprise
  net::TlsOptions tls;                   ///< for the addresses that are Endpoint::Kind::Tls
  std::chrono::milliseconds request_timeout =
      std::chrono::seconds(10);  ///< for one agent to answer a plain request
  std::chrono::milliseconds return_after = std::chrono::seconds(
      60);  ///< how long a less preferred agent is used before the first one is tried again
};

}  // namespace dfp::registry::consul
