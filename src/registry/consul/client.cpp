#include "registry/consul/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/base64.hpp"
#include "base/log.hpp"
#include "base/parse.hpp"
#include "base/text.hpp"
#include "base/wait.hpp"

namespace dfp::registry::consul {
namespace {
using namespace std::chrono_literals;

constexpr auto kSettleTime = 3s;  ///< to learn whether a write was carried out, beyond its deadline
constexpr auto kSettlePause = 100ms;
constexpr auto kReturnProbe = 1s;     ///< how long the preferred agent may take when it is tried again
constexpr auto kUnwatched = 1s;       ///< no agent is restarted faster
constexpr auto kLongestBlock = 9min;  ///< Consul's limit is 10 min
constexpr auto kFirstBlock = 2s;      ///< of a new index
constexpr auto kBlockAllowance = 5s;  ///< an agent may be this late with a blocking answer

std::uint64_t number_or_zero(std::optional<std::string_view> text) {
  if (!text) return 0;
  return parse::number(*text, 0, UINT64_MAX).value_or(0);
}

std::string separator(const std::string& target) { return target.contains('?') ? "&" : "?"; }

/// Consul blames itself for a datacenter that the question names and nobody knows.
bool is_unknown_datacenter(int status, std::string_view body) {
  return status == 500 && body.contains("No path to datacenter");
}

bool is_server_failure(int status, std::string_view body) {
  return (status >= 500 || status == 429) && !is_unknown_datacenter(status, body);
}

/// What an agent says that did not pass a write on.
bool was_not_begun(std::string_view body) { return body.contains("No cluster leader"); }

/// Consul's own words, on one line.
std::string message_of(std::string_view body) {
  auto message = text::trim(body);
  return message.empty() ? "no reason given" : text::shown(message);
}

}  // namespace

Error refusal(std::string_view operation, const Answer& answer) {
  auto message = fmt::format("consul: {}: {} {}", operation, answer.status, message_of(answer.body));
  if (answer.status == 403) message += " (check the ACL token)";
  bool unknown = is_unknown_datacenter(answer.status, answer.body);
  if (unknown) message += " (name one that this cluster knows)";
  return {unknown ? Errc::InvalidArgument : Errc::Rejected, std::move(message)};
}

Client::Client(Executor executor, ConsulOptions options)
    : options_(std::move(options)), current_since_(Clock::now()) {
  for (const auto& address : options_.addresses)
    servers_.push_back(std::make_unique<net::HttpClient>(executor, address, options_.tls));
}

net::HttpRequest Client::request(std::string method, std::string target, std::string body) const {
  if (!options_.name_space.empty())
    target += separator(target) + "ns=" + text::percent_encode(options_.name_space);
  net::HttpRequest made(std::move(method), std::move(target), std::move(body));
  if (!options_.token.empty()) made.headers.add("X-Consul-Token", options_.token);
  if (!options_.auth.empty()) made.headers.add("Authorization", "Basic " + base64::encode(options_.auth));
  return made;
}

std::uint64_t Client::epoch() {
  if (asking_ == 0 && Clock::now() - last_asked_ > kUnwatched) {
    ++epoch_;
    last_asked_ = Clock::now();
  }
  return epoch_;
}

/// Asks one agent. An answer that means "not me, not now" is an error here.
Task<Result<Answer>> Client::ask(std::size_t server, net::HttpRequest request, Deadline deadline) {
  bool changes = request.method != "GET";
  ++asking_;
  auto response = co_await servers_[server]->send(std::move(request), deadline);
  --asking_;
  last_asked_ = Clock::now();
  if (!response) co_return fail("consul", response.error());
  const auto& headers = response->headers;
  if (is_server_failure(response->status, response->body))
    co_return fail(changes && !was_not_begun(response->body) ? Errc::OutcomeUnknown : Errc::Unavailable,
                   fmt::format("consul: {} answers {} {}", servers_[server]->endpoint().url(),
                               response->status, message_of(response->body)));
  Answer answer;
  answer.status = response->status;
  answer.index = number_or_zero(headers.find("X-Consul-Index"));
  // Where the datacenter is unknown, so is its leader.
  answer.known_leader = headers.find("X-Consul-Knownleader") != "false" ||
                        is_unknown_datacenter(response->status, response->body);
  answer.filtered = headers.find("X-Consul-Results-Filtered-By-ACLs") == "true";
  answer.body = std::move(response->body);
  if (!answer.known_leader)
    co_return fail(Errc::Unavailable, fmt::format("consul: {} knows no leader of the cluster",
                                                  servers_[server]->endpoint().url()));
  co_return answer;
}

void Client::use(std::size_t server) {
  if (server == current_) return;
  log::warn("consul.agent_changed",
            {{"from", servers_[current_]->endpoint().url()}, {"to", servers_[server]->endpoint().url()}});
  ++epoch_;
  current_ = server;
  current_since_ = Clock::now();
}

/// Usually the current one; from time to time the most preferred one is given another chance.
std::size_t Client::first_server() {
  bool try_preferred = current_ != 0 && Clock::now() - current_since_ > options_.return_after;
  if (!try_preferred) return current_;
  current_since_ = Clock::now();
  return 0;
}

Task<Result<Answer>> Client::send(net::HttpRequest request, Deadline deadline) {
  auto first = first_server();
  bool probing = first != current_;
  bool failed_before = false;
  std::optional<Error> unknown;  // of an agent that may have done it
  Result<Answer> answer = fail(Errc::InvalidArgument, "consul: no address is given");
  for (std::size_t attempt = 0; attempt < servers_.size(); ++attempt) {
    auto server = (first + attempt) % servers_.size();
    auto share = deadline.left() / (servers_.size() - attempt);
    auto limit = std::min<Clock::duration>(share, options_.request_timeout);
    if (probing && attempt == 0) limit = std::min<Clock::duration>(limit, kReturnProbe);
    answer = co_await ask(server, request, Deadline::after(limit));
    if (answer) {
      use(server);
      answer->epoch = epoch_;
      answer->maybe_repeated = failed_before;
      co_return answer;
    }
    if (answer.error().code == Errc::Cancelled) co_return answer;
    if (answer.error().code == Errc::OutcomeUnknown) unknown = answer.error();
    ++epoch_;
    failed_before = true;
    if (deadline.passed()) break;
  }
  if (unknown) co_return std::unexpected(std::move(*unknown));
  co_return answer;
}

Task<Result<Answer>> Client::read(std::string target, Deadline deadline) {
  if (deadline.passed()) co_return fail(Errc::Timeout, "consul: no time left to ask");
  auto consistent = request("GET", target + separator(target) + "consistent", {});
  co_return co_await send(std::move(consistent), deadline);
}

Task<Result<Answer>> Client::put(std::string target, std::string body, Deadline deadline) {
  if (deadline.passed()) co_return fail(Errc::Timeout, "consul: no time left to ask");
  auto made = request("PUT", std::move(target), std::move(body));
  auto answer = co_await send(made, deadline);
  auto settled = Deadline::after(kSettleTime);
  while (!answer && answer.error().code == Errc::OutcomeUnknown && !settled.passed()) {
    auto unknown = answer.error();
    co_await sleep_for(kSettlePause);
    answer = co_await send(made, settled);
    if (answer) answer->maybe_repeated = true;
    bool cancelled = !answer && answer.error().code == Errc::Cancelled;
    if (!answer && !cancelled) answer = std::unexpected(std::move(unknown));
  }
  co_return answer;
}

void Client::cancel() {
  for (const auto& server : servers_) server->cancel();
}

Task<Result<Answer>> Client::block(std::string target, std::uint64_t index, Deadline deadline) {
  if (deadline.passed()) co_return fail(Errc::Timeout, "consul: no time left to ask");
  // Consul answers up to a sixteenth later than told; what is left is for a slow network, and shows a dead
  // agent.
  // Consul can be restarted between an answer and the question that follows, without a connection that breaks
  // (behind a relay, say); an index of its former life would then be waited for until the deadline. What it
  // answers after a short time shows whether it counts as before.
  auto known = confirmed_.find(target);
  bool confirmed = known != confirmed_.end() && known->second == index;
  if (!confirmed) deadline = deadline.min(Deadline::after(kFirstBlock));
  auto left = std::min<Clock::duration>(deadline.left(), kLongestBlock);
  auto allowance = std::min<Clock::duration>(left / 4, kBlockAllowance);
  auto span = std::chrono::floor<std::chrono::milliseconds>((left - allowance) * 16 / 17);
  auto waiting = request("GET",
                         fmt::format("{}{}index={}&wait={}ms", target, separator(target), index,
                                     std::max<std::int64_t>(span.count(), 1)),
                         {});
  auto epoch = epoch_;
  auto answer = co_await ask(current_, std::move(waiting), deadline);
  if (answer && answer->index == index)
    confirmed_.insert_or_assign(std::move(target), index);
  else
    confirmed_.erase(target);
  if (answer) {
    answer->epoch = epoch;
    co_return answer;
  }
  ++epoch_;
  if (answer.error().code == Errc::Timeout)
    co_return fail(Errc::Unavailable, answer.error().what + " (a blocking query is answered in time)");
  co_return answer;
}

}  // namespace dfp::registry::consul
