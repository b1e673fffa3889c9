#include "base/fair_turns.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <map>
#include <utility>

#include "base/deadline.hpp"

namespace dfp {
namespace asio = boost::asio;

struct FairTurns::State {
  explicit State(std::size_t width) : free(width) {}
  std::size_t free;
  std::map<std::string, std::deque<std::shared_ptr<asio::steady_timer>>> waiting;
  std::string last;  ///< the group whose member was taken last

  /// The first of the next group.
  std::shared_ptr<asio::steady_timer> next() {
    auto at = waiting.upper_bound(last);
    if (at == waiting.end()) at = waiting.begin();
    last = at->first;
    auto timer = std::move(at->second.front());
    at->second.pop_front();
    if (at->second.empty()) waiting.erase(at);
    return timer;
  }

  void end() {
    if (waiting.empty())
      ++free;
    else
      next()->expires_at(Clock::time_point::min());
  }
};

FairTurns::FairTurns(std::size_t width) : state_(std::make_shared<State>(width)) {}
FairTurns::~FairTurns() = default;

Task<FairTurns::Turn> FairTurns::take(std::string group) {
  auto state = state_;
  if (state->free > 0) {
    --state->free;
    co_return Turn(std::move(state));
  }
  auto executor = co_await asio::this_coro::executor;
  auto timer = std::make_shared<asio::steady_timer>(executor, Clock::time_point::max());
  state->waiting[std::move(group)].push_back(timer);
  // Who ends a turn hands it over (`free` stays) and makes the timer fire.
  co_await timer->async_wait(asio::as_tuple(asio::use_awaitable));
  co_return Turn(std::move(state));
}

FairTurns::Turn::~Turn() {
  if (state_) state_->end();
}

}  // namespace dfp
