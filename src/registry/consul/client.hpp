#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "net/http_client.hpp"
#include "registry/consul/options.hpp"

namespace dfp::registry::consul {

/// An answer with a status below 500, or the 500 for a datacenter that nobody knows: no other agent would say
/// anything else.
struct Answer {
  int status = 200;
  std::string body;
  std::uint64_t index = 0;      ///< X-Consul-Index; 0 when absent
  bool known_leader = true;     ///< false only if Consul says so
  bool filtered = false;        ///< the token hides something; Consul says so from 1.11 on, to known tokens
  std::uint64_t epoch = 0;      ///< Client::epoch() when it came
  bool maybe_repeated = false;  ///< an earlier agent may have executed the request before it failed
};

/// Requests to Consul's HTTP API: several agents in order, with fail-over, token, namespace and deadlines.
/// Knows nothing of what is asked. Use from one executor.
class Client {
 public:
  Client(Executor executor, ConsulOptions options);

  /// A read that sees every write that was acknowledged before (`consistent`).
  /// @param target path and query, percent-encoded, without `consistent`.
  /// @return Unavailable when no agent answers properly or none knows a leader; Timeout at the deadline.
  Task<Result<Answer>> read(std::string target, Deadline deadline);

  /// A blocking query: completes when the index of `target` moves from `index`, or with the same index about
  /// at the deadline, the first time sooner. Asks one agent only. @return Unavailable when the connection
  /// breaks, or nothing comes in time.
  Task<Result<Answer>> block(std::string target, std::uint64_t index, Deadline deadline);

  /// Of something that may be done twice, or guards itself against that. Without an answer it is asked for
  /// again, for some seconds beyond the deadline, so that the outcome is known. @return as read(), and
  /// OutcomeUnknown where it may have been carried out.
  Task<Result<Answer>> put(std::string target, std::string body, Deadline deadline);

  /// Ends every request under way with Cancelled.
  void cancel();

  /// Changes whenever the connection to the agents was disturbed, or may have been while nothing was asked
  /// for a second: indexes from before must be confirmed with a plain read, because the agent may be another
  /// one, or know another history.
  std::uint64_t epoch();
  std::size_t agents() const { return servers_.size(); }

 private:
  net::HttpRequest request(std::string method, std::string target, std::string body) const;
  Task<Result<Answer>> send(net::HttpRequest request, Deadline deadline);
  Task<Result<Answer>> ask(std::size_t server, net::HttpRequest request, Deadline deadline);
  std::size_t first_server();
  void use(std::size_t server);

  ConsulOptions options_;
  std::vector<std::unique_ptr<net::HttpClient>> servers_;
  std::size_t current_ = 0;
  Clock::time_point current_since_;
  std::uint64_t epoch_ = 1;
  std::map<std::string, std::uint64_t> confirmed_;  ///< target -> index that it answered twice
  std::size_t asking_ = 0;        ///< requests under way: each would tell that its agent ends
  Clock::time_point last_asked_;  ///< when the last one was answered
};

/// The error that an unexpected status means. `operation` says what was tried: "read key x".
Error refusal(std::string_view operation, const Answer& answer);

}  // namespace dfp::registry::consul
