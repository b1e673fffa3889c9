#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/deadline.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "net/endpoint.hpp"

namespace dfp::net {

class Interrupt;
struct Address;

/// Name lookups (getaddrinfo) block a thread each, for half a minute where no name server answers, and cannot
/// be stopped. So they run on threads of their own that are left behind at the deadline, and there are two
/// budgets: the names of other people's instances never keep the proxy from finding its own registry.
inline constexpr std::size_t kInstanceLookups = 32;
inline constexpr std::size_t kOwnLookups = 16;

/// All addresses of a host with a name. For the proxy's own connections. Internal to net; see resolve().
/// @return Unavailable when the name is not known, or all threads are busy; Timeout; Cancelled.
Task<Result<std::vector<Address>>> look_up(Executor executor, Endpoint endpoint,
                                           std::shared_ptr<Interrupt> interrupt, Deadline deadline);

/// The first address of an instance's host, as text. @return as look_up().
Task<Result<std::string>> look_up_host(Executor executor, std::string host, Deadline deadline);

}  // namespace dfp::net
