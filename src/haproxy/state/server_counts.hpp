#pragma once
#include "haproxy/runtime/live_state.hpp"
#include "haproxy/state/applied_state.hpp"
#include "haproxy/state/backend_pool.hpp"

namespace dfp::haproxy {

/// How the servers fare that a worker holds for us.
struct ServerCounts {
  std::size_t up = 0;                       ///< servers that get requests
  std::size_t services_without_server = 0;  ///< some destination of theirs has none

  bool operator==(const ServerCounts&) const = default;
};

/// Of a picture of the worker that fits the applied state. Services with a template of their own are not
/// counted: their servers are the template's business. Pure; linear.
ServerCounts count_servers(const runtime::LiveState& live, const AppliedState& applied,
                           const BackendPool& pool);

}  // namespace dfp::haproxy
