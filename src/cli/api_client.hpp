#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/endpoint.hpp"
#include "net/http_message.hpp"
#include "net/query.hpp"

namespace dfp::cli {

/// Where the API is: a URL, HOST:PORT, or what the server's own setting `api` holds ("*:8080": this machine).
Result<net::Endpoint> parse_api_address(std::string_view text);

/// One request to the API; waits for the answer. Runs its own event loop.
/// @return Unavailable or Timeout when there is no answer.
Result<net::HttpResponse> call_api(const net::Endpoint& api, std::string_view path,
                                   const net::QueryPairs& query, std::chrono::milliseconds timeout);

}  // namespace dfp::cli
