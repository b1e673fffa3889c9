#pragma once
#include <chrono>
#include <expected>

#include "cli/api_client.hpp"

namespace dfp::cli {

/// Asks in place of `call` whether the proxy is ready, until it is or `limit` has passed.
/// @return the last answer, or why there was none
std::expected<net::HttpResponse, NoAnswer> wait_until_ready(ApiCall call, std::chrono::milliseconds limit);

}  // namespace dfp::cli
