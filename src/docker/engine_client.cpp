#include "docker/engine_client.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/parse.hpp"
#include "base/text.hpp"
#include "docker/engine_json.hpp"
#include "docker/line_buffer.hpp"

namespace dfp::docker {
namespace {
using namespace std::chrono_literals;

constexpr std::pair<int, int> kOldest{1, 24};
constexpr std::pair<int, int> kNewest{1, 44};
constexpr std::size_t kMaxEventBytes = 1024 * 1024;
constexpr auto kOpening = 10s;  ///< until the engine must have answered an event subscription

std::pair<int, int> parse_version(std::string_view text) {
  auto dot = text.find('.');
  if (dot == std::string_view::npos) return kOldest;
  auto major = parse::number(text.substr(0, dot), 0, 1000);
  auto minor = parse::number(text.substr(dot + 1), 0, 100000);
  if (!major || !minor) return kOldest;
  return {static_cast<int>(*major), static_cast<int>(*minor)};
}

/// The `filters` parameter: {"type":["container"]}, percent-encoded.
std::string render_filters(const boost::json::object& filters) {
  return "filters=" + text::percent_encode(boost::json::serialize(filters));
}

Error refusal(const net::HttpResponse& response) {
  auto message = "docker: " + decode_message(response.body);
  if (response.status == 404) return {Errc::NotFound, message};
  if (response.status == 503) return {Errc::Unavailable, message};
  return {Errc::Rejected, fmt::format("{} (status {})", message, response.status)};
}

/// "seconds.nanoseconds", as `since` takes it.
std::string render_time(std::chrono::nanoseconds time) {
  return fmt::format("{}.{:09}", time / 1s, (time % 1s).count());
}

}  // namespace

Result<net::Endpoint> parse_docker_host(std::string_view text, bool tls) {
  auto endpoint = net::parse_endpoint(text, tls ? 2376 : 2375);
  if (!endpoint) return fail("docker", endpoint.error());
  if (tls && endpoint->kind == net::Endpoint::Kind::Tcp) endpoint->kind = net::Endpoint::Kind::Tls;
  return endpoint;
}

std::string negotiated_version(std::string_view engines) {
  auto version = std::min(parse_version(engines), kNewest);
  return fmt::format("{}.{}", version.first, version.second);
}

EngineClient::EngineClient(Executor executor, net::Endpoint endpoint, net::TlsOptions tls)
    : http_(std::move(executor), std::move(endpoint), std::move(tls)) {}

EngineClient::~EngineClient() = default;

void EngineClient::cancel() { http_.cancel(); }

Task<Result<>> EngineClient::negotiate(Deadline deadline) {
  if (!version_.empty()) co_return Result<>{};
  net::HttpRequest ping("GET", "/_ping");
  auto answer = co_await http_.send(std::move(ping), deadline);
  if (!answer) co_return fail("docker", answer.error());
  if (answer->status != 200) co_return std::unexpected(refusal(*answer));
  version_ = negotiated_version(answer->headers.find("Api-Version").value_or(""));
  co_return Result<>{};
}

Task<Result<std::string>> EngineClient::get(std::string path, Deadline deadline) {
  auto ready = co_await negotiate(deadline);
  if (!ready) co_return std::unexpected(ready.error());
  net::HttpRequest request("GET", fmt::format("/v{}{}", version_, path));
  auto answer = co_await http_.send(std::move(request), deadline);
  if (!answer) {
    version_.clear();
    co_return fail("docker", answer.error());
  }
  if (answer->status == 400) version_.clear();  // an engine that was replaced by an older one refuses so
  if (answer->status != 200) co_return std::unexpected(refusal(*answer));
  co_return std::move(answer->body);
}

Task<Result<EngineInfo>> EngineClient::info(Deadline deadline) {
  auto body = co_await get("/info", deadline);
  if (!body) co_return std::unexpected(body.error());
  co_return decode_info(*body);
}

Task<Result<std::vector<std::string>>> EngineClient::container_ids(bool all, Deadline deadline) {
  auto body = co_await get(all ? "/containers/json?all=true" : "/containers/json", deadline);
  if (!body) co_return std::unexpected(body.error());
  co_return decode_container_ids(*body);
}

Task<Result<Container>> EngineClient::container(std::string id, Deadline deadline) {
  auto body = co_await container_json(std::move(id), deadline);
  if (!body) co_return std::unexpected(body.error());
  co_return decode_container(*body);
}

Task<Result<std::string>> EngineClient::container_json(std::string id, Deadline deadline) {
  co_return co_await get(fmt::format("/containers/{}/json", text::percent_encode(id)), deadline);
}

Task<Result<std::vector<SwarmService>>> EngineClient::services(Deadline deadline) {
  auto body = co_await get("/services", deadline);
  if (!body) co_return std::unexpected(body.error());
  co_return decode_services(*body);
}

Task<Result<std::vector<SwarmTask>>> EngineClient::tasks(Deadline deadline) {
  auto body = co_await get("/tasks?" + render_filters({{"desired-state", {"running"}}}), deadline);
  if (!body) co_return std::unexpected(body.error());
  co_return decode_tasks(*body);
}

Task<Result<std::vector<SwarmNode>>> EngineClient::nodes(Deadline deadline) {
  auto body = co_await get("/nodes", deadline);
  if (!body) co_return std::unexpected(body.error());
  co_return decode_nodes(*body);
}

Task<Result<std::vector<EngineNetwork>>> EngineClient::networks(Deadline deadline) {
  auto body = co_await get("/networks", deadline);
  if (!body) co_return std::unexpected(body.error());
  co_return decode_networks(*body);
}

Task<Result<>> EngineClient::events(EventFilter filter, std::chrono::nanoseconds since,
                                    std::function<void()> on_open, std::function<bool(Event)> on_event,
                                    Clock::duration idle) {
  auto ready = co_await negotiate(Deadline::after(kOpening));
  if (!ready) co_return std::unexpected(ready.error());

  boost::json::object filters;
  if (!filter.types.empty()) filters["type"] = boost::json::value_from(filter.types);
  if (!filter.actions.empty()) filters["event"] = boost::json::value_from(filter.actions);
  auto target = fmt::format("/v{}/events?{}", version_, render_filters(filters));
  if (since.count() > 0) target += "&since=" + render_time(since);

  net::HttpResponse head;
  LineBuffer lines(kMaxEventBytes);
  auto opened = [&](const net::HttpResponse& response) {
    head = response;
    if (head.status == 200) on_open();
    return true;
  };
  auto arrived = [&](std::string_view piece) {
    if (head.status != 200) {
      head.body += piece;
      return head.body.size() < kMaxEventBytes;
    }
    return lines.feed(piece, [&](std::string_view line) {
      auto event = decode_event(line);
      return !event || on_event(std::move(*event));
    });
  };
  net::HttpRequest request("GET", target);
  std::function<bool(const net::HttpResponse&)> on_head = opened;
  std::function<bool(std::string_view)> on_data = arrived;
  auto ended = co_await http_.stream(std::move(request), std::move(on_head), std::move(on_data),
                                     Deadline::after(kOpening), idle);
  if (!ended) {
    if (ended.error().code != Errc::Timeout) version_.clear();
    co_return fail("docker: events", ended.error());
  }
  if (head.status != 200) co_return std::unexpected(refusal(head));
  co_return Result<>{};
}

}  // namespace dfp::docker
