#pragma once
#include <chrono>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "api/endpoints.hpp"
#include "base/result.hpp"
#include "net/endpoint.hpp"
#include "net/http_message.hpp"
#include "net/query.hpp"
#include "net/tls_options.hpp"

namespace dfp::cli {

/// Where the API is: a URL, HOST:PORT, or what the server's own setting `api` holds ("*:8080": this machine).
Result<net::Endpoint> parse_api_address(std::string_view text);

/// How long to wait for an answer where nobody says so: what the server itself allows the request
/// (request-timeout, and waitTimeout in addition where it waits for health), and a little more.
std::chrono::milliseconds default_limit(api::Action action, const net::QueryPairs& query);
/// Who asks, and how.
struct Credentials {
  std::string token;  ///< empty: none
  net::TlsOptions tls;
};

/// One request to the API.
struct ApiCall {
  net::Endpoint api;
  std::string_view path;
  net::QueryPairs query;
  std::chrono::milliseconds timeout;  ///< from the first attempt to connect to the end of the answer
  Credentials credentials = {};
  bool changes = false;                ///< asked by POST, which says so, and not by GET
  std::function<void()> waiting = {};  ///< called a few times a second while there is no answer
};

/// Why there is no answer.
struct NoAnswer {
  Error error;
  bool sent = false;  ///< the request may have reached the API, which may carry it out
};

/// Waits for the answer. Runs its own event loop. Connects twice: whether anybody listens is asked before
/// anything is sent, so that "not sent" is known and not guessed.
std::expected<net::HttpResponse, NoAnswer> call_api(const ApiCall& call);

}  // namespace dfp::cli
