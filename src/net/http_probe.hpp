#pragma once
#include <memory>

#include "base/deadline.hpp"
#include "net/dial.hpp"
#include "net/http_message.hpp"

namespace dfp::net {

/// Sends one request over a connection of its own and reads no more than the head of the answer: what a
/// health check needs, without a pool and whatever the length of the body.
/// @param interrupt ends it early when it fires.
/// @return the status (never an interim one); Unavailable when no connection can be made or it breaks;
/// Timeout; Cancelled; Rejected for an answer that is not HTTP; InvalidArgument for a request that cannot be
/// written as HTTP.
Task<Result<int>> probe_status(Executor executor, Endpoint endpoint, HttpRequest request,
                               std::shared_ptr<Interrupt> interrupt, Deadline deadline);

}  // namespace dfp::net
