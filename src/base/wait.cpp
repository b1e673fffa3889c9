#include "base/wait.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <utility>

namespace dfp {
namespace asio = boost::asio;
namespace {
constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);

/// What the workers of for_each_concurrently share. It waits for them.
struct Round {
  std::size_t count;
  std::function<Task<>(std::size_t)> body;
  std::size_t running;
  Signal all_done;
  std::size_t next = 0;
};

Task<> work(Round* round) {
  while (round->next < round->count) co_await round->body(round->next++);
  if (--round->running == 0) round->all_done.notify_all();
}

}  // namespace

Task<> sleep_for(Clock::duration span) {
  auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, span);
  co_await timer.async_wait(kNoThrow);
}

Task<> for_each_concurrently(std::size_t count, std::size_t width, std::function<Task<>(std::size_t)> body) {
  auto executor = co_await asio::this_coro::executor;
  Round round{count, std::move(body), std::min(count, width), Signal(executor)};
  for (std::size_t n = round.running; n > 0; --n) spawn(executor, work(&round), "for_each_concurrently");
  while (round.running > 0) co_await round.all_done.wait(Deadline::never());
}

struct Signal::State {
  explicit State(Executor e) : executor(std::move(e)) {}
  Executor executor;
  std::uint64_t generation = 0;
  std::deque<std::weak_ptr<asio::steady_timer>> waiters;
};

Signal::Signal(Executor executor) : state_(std::make_shared<State>(std::move(executor))) {}
Signal::~Signal() { notify_all(); }

void Signal::notify_all() {
  ++state_->generation;
  auto waiters = std::exchange(state_->waiters, {});
  for (auto& waiter : waiters)
    if (auto timer = waiter.lock()) timer->cancel();
}

Task<bool> Signal::wait(Deadline deadline) {
  auto state = state_;
  auto before = state->generation;
  auto timer = std::make_shared<asio::steady_timer>(state->executor, deadline.at);
  std::erase_if(state->waiters, [](const auto& waiter) { return waiter.expired(); });
  state->waiters.push_back(timer);
  co_await timer->async_wait(kNoThrow);
  co_return state->generation != before;
}

struct AsyncMutex::State {
  struct Place {
    Place(const Executor& executor, Deadline deadline) : timer(executor, deadline.at) {}
    void wake() { timer.expires_at(Clock::time_point::min()); }
    asio::steady_timer timer;
    bool granted = false;  ///< the lock was handed over: `held` stayed true
  };
  explicit State(Executor e) : executor(std::move(e)) {}
  Executor executor;
  bool held = false;
  std::deque<std::shared_ptr<Place>> queue;
};

AsyncMutex::AsyncMutex(Executor executor) : state_(std::make_shared<State>(std::move(executor))) {}
AsyncMutex::~AsyncMutex() = default;

Task<AsyncMutex::Lock> AsyncMutex::lock() {
  auto lock = co_await this->lock(Deadline::never());
  co_return std::move(*lock);
}

Task<Result<AsyncMutex::Lock>> AsyncMutex::lock(Deadline deadline, std::stop_token left) {
  auto state = state_;
  if (left.stop_requested()) co_return fail(Errc::Cancelled, "nobody waits for this any more");
  if (!std::exchange(state->held, true)) co_return Lock(this);
  auto place = std::make_shared<State::Place>(state->executor, deadline);
  state->queue.push_back(place);
  {
    std::stop_callback on_leave(left, [place] { place->wake(); });
    co_await place->timer.async_wait(kNoThrow);
  }
  if (!place->granted) std::erase(state->queue, place);
  Lock mine(place->granted ? this : nullptr);  // who has left hands it on at once
  if (left.stop_requested()) co_return fail(Errc::Cancelled, "nobody waits for this any more");
  if (!place->granted) co_return fail(Errc::Timeout, "timed out waiting for other requests");
  co_return std::move(mine);
}

void AsyncMutex::unlock() {
  if (state_->queue.empty()) {
    state_->held = false;
    return;
  }
  auto next = std::move(state_->queue.front());
  state_->queue.pop_front();
  next->granted = true;
  next->wake();
}

AsyncMutex::Lock& AsyncMutex::Lock::operator=(Lock&& other) noexcept {
  if (this != &other) {
    if (owner_) owner_->unlock();
    owner_ = std::exchange(other.owner_, nullptr);
  }
  return *this;
}

AsyncMutex::Lock::~Lock() {
  if (owner_) owner_->unlock();
}

}  // namespace dfp
