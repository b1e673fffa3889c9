#include "cli/api_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

#include "net/dial.hpp"
#include "net/http_client.hpp"
#include "parameters/table.hpp"

namespace dfp::cli {
namespace {

constexpr std::uint16_t kApiPort = 8080;
constexpr auto kServerTime = std::chrono::seconds(90);  ///< more than request-timeout's default, 60 s

constexpr auto kWaitingInterval = std::chrono::milliseconds(250);

using Answer = std::expected<net::HttpResponse, NoAnswer>;

/// The caller, whose `call` and `out` these are, runs the loop until this has ended.
Task<> exchange(Executor executor, const ApiCall* call, std::optional<Answer>* out) {
  auto deadline = Deadline::after(call->timeout);
  auto interrupt = std::make_shared<net::Interrupt>();
  auto somebody = call->api;  // whether anybody listens: the handshake is the client's
  if (somebody.kind == net::Endpoint::Kind::Tls) somebody.kind = net::Endpoint::Kind::Tcp;
  auto connected = co_await net::dial(executor, std::move(somebody), nullptr, interrupt, deadline);
  if (!connected) {
    *out = std::unexpected(NoAnswer{connected.error(), false});
    co_return;
  }
  connected->reset();
  net::HttpClient client(executor, call->api, call->credentials.tls);
  std::string target(call->path);
  if (!call->query.empty()) target += "?" + net::encode_query(call->query);
  net::HttpRequest request(call->changes ? "POST" : "GET", std::move(target));
  const auto& token = call->credentials.token;
  if (!token.empty()) request.headers.add("Authorization", "Bearer " + token);
  auto response = co_await client.send(std::move(request), deadline);
  if (response)
    *out = std::move(*response);
  else
    *out = std::unexpected(NoAnswer{response.error(), true});
}

}  // namespace

Result<net::Endpoint> parse_api_address(std::string_view text) {
  std::string address(text);
  if (address.starts_with("*:")) address.replace(0, 1, "127.0.0.1");
  if (address.starts_with(':')) address.insert(0, "127.0.0.1");
  auto endpoint = net::parse_endpoint(address, kApiPort);
  if (!endpoint) return std::unexpected(endpoint.error());
  if (endpoint->host == "0.0.0.0") endpoint->host = "127.0.0.1";
  if (endpoint->host == "::") endpoint->host = "::1";
  return endpoint;
}

std::chrono::milliseconds default_limit(api::Action action, const net::QueryPairs& query) {
  std::chrono::milliseconds limit = kServerTime;
  if (action != api::Action::Reconfigure) return limit;
  auto request = parameters::decode_reconfigure(query);  // a malformed one is refused at once
  if (request && request->options.wait_for_healthy) limit += request->options.wait_timeout;
  return limit;
}

Answer call_api(const ApiCall& call) {
  std::optional<Answer> answer;
  boost::asio::io_context context(1);
  auto task = exchange(context.get_executor(), &call, &answer);
  boost::asio::co_spawn(context, std::move(task), boost::asio::detached);
  while (!answer && !context.stopped()) {
    context.run_one_for(kWaitingInterval);
    if (call.waiting) call.waiting();
  }
  if (!answer)
    return std::unexpected(NoAnswer{{Errc::Internal, "the request ended without an answer"}, true});
  return std::move(*answer);
}

}  // namespace dfp::cli
