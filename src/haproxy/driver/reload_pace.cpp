#include "haproxy/driver/reload_pace.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/wait.hpp"
#include "haproxy/driver/driver_impl.hpp"

namespace dfp::haproxy {
using namespace std::chrono_literals;
namespace {

constexpr std::size_t kFew = 3;
constexpr Clock::duration kFirstGap = 1s;
constexpr Clock::duration kLongestGap = 15s;
constexpr auto kAskAgain = 100ms;

}  // namespace

std::optional<Clock::duration> reload_gap(std::size_t old_workers) {
  if (old_workers >= kMostOldWorkers) return std::nullopt;
  if (old_workers < kFew) return Clock::duration::zero();
  return std::min(kFirstGap * (1 << (old_workers - kFew)), kLongestGap);
}

bool Driver::Impl::reload_is_due() const {
  auto gap = reload_gap(master.old_workers());
  return gap && Clock::now() >= reloaded_at + *gap;
}

bool Driver::Impl::must_wait_for_room(const model::Change& change) const {
  return !reload_is_due() && plan(change).means() == model::Means::Reload;
}

/// Called by those who can wait, before it is their turn: changes without a reload pass meanwhile.
Task<Result<>> Driver::Impl::await_room(Deadline deadline) {
  while (!reload_is_due()) {
    if (deadline.passed())
      co_return fail(
          Errc::Unavailable,
          fmt::format(
              "haproxy: {} replaced workers still serve long connections, and a reload would add one; "
              "hard-stop-after ends each after {} s at most: try again, or set it lower",
              master.old_workers(), settings.hard_stop_after.count() / 1000));
    co_await stop_signal.wait(deadline.min(Deadline::after(kAskAgain)));
    if (stopping) co_return fail(Errc::Cancelled, "haproxy: the program is stopping");
    if (master.running()) co_await master.processes(deadline);
  }
  co_return Result<>{};
}

}  // namespace dfp::haproxy
