#include "cli/api_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

#include "net/http_client.hpp"

namespace dfp::cli {
namespace {

constexpr std::uint16_t kApiPort = 8080;

/// The caller, whose `client` and `out` these are, runs the loop until this has ended.
Task<> exchange(net::HttpClient* client, net::HttpRequest request, Deadline deadline,
                std::optional<Result<net::HttpResponse>>* out) {
  auto response = co_await client->send(std::move(request), deadline);
  *out = std::move(response);
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

Result<net::HttpResponse> call_api(const net::Endpoint& api, std::string_view path,
                                   const net::QueryPairs& query, std::chrono::milliseconds timeout) {
  std::string target(path);
  if (!query.empty()) target += "?" + net::encode_query(query);
  std::optional<Result<net::HttpResponse>> response;
  boost::asio::io_context context(1);
  net::HttpClient client(context.get_executor(), api);
  auto task = exchange(&client, {"GET", std::move(target)}, Deadline::after(timeout), &response);
  boost::asio::co_spawn(context, std::move(task), boost::asio::detached);
  while (!response && context.run_one() > 0) {
  }
  if (!response) return fail(Errc::Internal, "the request ended without an answer");
  return std::move(*response);
}

}  // namespace dfp::cli
