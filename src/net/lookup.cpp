#include "net/lookup.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>

#include "net/dial.hpp"
#include "net/resolve.hpp"

namespace dfp::net {
namespace asio = boost::asio;
namespace {

/// How many threads look something up, and how many may.
struct Budget {
  std::size_t most;
  std::atomic<std::size_t> busy = 0;

  bool take() {
    if (busy.fetch_add(1) < most) return true;
    --busy;
    return false;
  }
};
Budget own_budget{kOwnLookups};
Budget instance_budget{kInstanceLookups};

/// Shared by the waiting coroutine and the thread, whichever ends last.
struct Lookup {
  Lookup(const Executor& executor, Deadline deadline)
      : done(std::make_shared<asio::steady_timer>(executor, deadline.at)) {}

  std::mutex mutex;                          ///< of what follows
  std::shared_ptr<asio::steady_timer> done;  ///< nullptr: nobody waits any more, the executor may be gone
  bool finished = false;
  int error = 0;
  std::vector<Address> addresses;
};

/// The coroutine's end of a lookup, also when its frame is destroyed with the executor.
class Waiting {
 public:
  explicit Waiting(std::shared_ptr<Lookup> lookup) : lookup_(std::move(lookup)) {}
  ~Waiting() {
    std::lock_guard lock(lookup_->mutex);
    lookup_->done.reset();
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  std::shared_ptr<Lookup> lookup_;
};

/// On a thread of its own, which counts as free before anybody hears of its answer.
void ask_system(const std::shared_ptr<Lookup>& lookup, const Endpoint& endpoint, Budget* budget) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  int error = ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &list);
  --budget->busy;
  std::lock_guard lock(lookup->mutex);
  lookup->finished = true;
  lookup->error = error;
  for (auto* entry = list; entry; entry = entry->ai_next) {
    Address address;
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.size = entry->ai_addrlen;
    lookup->addresses.push_back(address);
  }
  if (list) ::freeaddrinfo(list);
  if (auto timer = lookup->done)
    asio::post(timer->get_executor(), [timer] { timer->expires_at(Clock::time_point::min()); });
}

Result<> start(std::shared_ptr<Lookup> lookup, Endpoint endpoint, Budget* budget) {
  auto too_many = [&] {
    return fail(Errc::Unavailable,
                fmt::format("name lookup: {} are under way already, no name server answers", budget->most));
  };
  if (!budget->take()) return too_many();
  try {
    std::thread([lookup = std::move(lookup), endpoint = std::move(endpoint), budget] {
      ask_system(lookup, endpoint, budget);
    }).detach();
  } catch (const std::system_error&) {  // the system's limit of threads
    --budget->busy;
    return too_many();
  }
  return {};
}

struct Question {
  Endpoint endpoint;
  Budget* budget;
};

Task<Result<std::vector<Address>>> ask(Executor executor, Question question,
                                       std::shared_ptr<Interrupt> interrupt, Deadline deadline) {
  auto lookup = std::make_shared<Lookup>(executor, deadline);
  Waiting waiting(lookup);
  auto timer = lookup->done;
  if (auto started = start(lookup, std::move(question.endpoint), question.budget); !started)
    co_return std::unexpected(started.error());
  interrupt->on_fire([timer] { timer->expires_at(Clock::time_point::min()); });
  if (!interrupt->fired()) co_await timer->async_wait(asio::as_tuple(asio::use_awaitable));
  interrupt->on_fire({});
  if (interrupt->fired()) co_return fail(Errc::Cancelled, "cancelled");
  std::lock_guard lock(lookup->mutex);
  if (!lookup->finished && deadline.passed())
    co_return fail(Errc::Timeout, "timeout while the name was looked up");
  if (!lookup->finished) co_return fail(Errc::Cancelled, "cancelled");
  if (lookup->error != 0)
    co_return fail(Errc::Unavailable, fmt::format("name lookup: {}", ::gai_strerror(lookup->error)));
  co_return std::move(lookup->addresses);
}

std::string literal(const Address& address) {
  char text[INET6_ADDRSTRLEN] = "";
  const auto* data = address.data();
  if (address.family() == AF_INET)
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(data)->sin_addr, text, sizeof text);
  if (address.family() == AF_INET6)
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(data)->sin6_addr, text, sizeof text);
  return text;
}

}  // namespace

Task<Result<std::vector<Address>>> look_up(Executor executor, Endpoint endpoint,
                                           std::shared_ptr<Interrupt> interrupt, Deadline deadline) {
  Question question{std::move(endpoint), &own_budget};
  auto found = co_await ask(std::move(executor), std::move(question), std::move(interrupt), deadline);
  co_return found;
}

Task<Result<std::string>> look_up_host(Executor executor, std::string host, Deadline deadline) {
  Question question{{Endpoint::Kind::Tcp, std::move(host), 1}, &instance_budget};
  auto found =
      co_await ask(std::move(executor), std::move(question), std::make_shared<Interrupt>(), deadline);
  if (!found) co_return std::unexpected(found.error());
  if (found->empty()) co_return fail(Errc::Unavailable, "name lookup: the name has no address");
  co_return literal(found->front());
}

}  // namespace dfp::net
