#include "docker/event_watch.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace dfp::docker {
namespace {
using namespace std::chrono_literals;

constexpr Clock::duration kSilence = 60s;
constexpr Clock::duration kFirstPause = 100ms;
constexpr Clock::duration kLongestPause = 5s;

}  // namespace

EventWatch::EventWatch(Executor executor, Engine& engine, EventFilter filter, std::function<void()> on_open,
                       std::function<void(const Event&)> on_event)
    : engine_(engine),
      filter_(std::move(filter)),
      on_open_(std::move(on_open)),
      on_event_(std::move(on_event)),
      stop_(std::move(executor)) {}

void EventWatch::stop() {
  stopping_ = true;
  stop_.notify_all();
  engine_.cancel();
}

Task<> EventWatch::run() {
  auto pause = kFirstPause;
  std::string reported;
  std::function<bool(Event)> on_event = [this](Event event) {
    last_ = std::max(last_, event.time);
    if (!stopping_) on_event_(event);
    return !stopping_;
  };
  std::function<void()> on_open = [&] {
    if (!reported.empty()) log::info("docker.events_back");
    reported.clear();
    pause = kFirstPause;
    on_open_();
  };
  while (!stopping_) {
    auto ended = co_await engine_.events(filter_, last_, on_open, on_event, kSilence);
    if (stopping_) break;
    if (!ended && ended.error().code == Errc::Timeout) continue;
    if (!ended && ended.error().what != reported) {
      reported = ended.error().what;
      log::warn("docker.events_lost", {{"error", reported}});
    }
    co_await stop_.wait(Deadline::after(pause));
    pause = std::min(pause * 2, kLongestPause);
  }
}

}  // namespace dfp::docker
